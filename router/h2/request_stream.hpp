#pragma once
#include <string>

#include "router/client_side.hpp"
#include "router/http/head_parser.hpp"

namespace davit::router::h2 {

class Connection;

// One request and its response within an HTTP/2 connection. To its Forward it is a client that
// speaks HTTP/1.1: the body that comes in DATA frames is framed anew. Used again for another
// stream once nothing holds it. Belongs to its connection, which it must not be used without.
class RequestStream final : public ClientSide {
 public:
  using Ptr = boost::intrusive_ptr<RequestStream>;
  RequestStream(Worker& worker, const Client& client) : ClientSide(worker, client) {}

  // From the connection, about what the client sent
  void open(Connection& connection, std::int32_t id);
  void on_request(std::size_t head_bytes);  // input() has it, worker.request_head is parsed
  void on_refused(const http::Refusal& refusal);
  void on_data(std::string_view bytes);
  void on_trailers(std::string lines) { trailers_in_ = std::move(lines); }
  void on_request_end();
  void on_wake();    // after a batch of frames
  void on_closed();  // nothing more can be sent or will come
  std::int32_t id() const { return id_; }

  // From the connection, about what it sends
  struct Part {
    std::string_view bytes;
    bool last = false;
  };
  Part next_part(std::size_t bytes_max) const;
  bool send_trailers();  // false: there are none
  void on_sent(std::size_t bytes);
  bool on_end_sent();  // false: the client is still sending, and need not

  std::size_t place = 0;  // in its connection's list

  bool take_body() override;
  void read_body() override;
  bool send_continue() override;
  bool send_interim(const http::ResponseHead& head) override;
  void put_head(const http::ResponseHead& head, const http::ResponseWriting& how, Buffer& body,
                bool last) override;
  WriteResult send(Buffer& bytes, bool last) override;
  bool takes_chunks() const override { return false; }
  void put_trailers(std::string_view lines) override { trailers_out_ = lines; }
  bool reads_on() override;
  bool has_left() override { return connection_ == nullptr; }  // it is read from, and says so
  void exchange_done(After after) override;
  void answer(const Answer& answer) override;
  void abort() override;
  void break_off() override { abort(); }
  Stream release_stream() override;
  void released() override {}
  void on_deadline() override;

 private:
  void submit(bool last);
  void give_back(std::size_t bytes);
  void frame_body();
  std::string_view outgoing() const;
  void note_sending();

  Connection* connection_ = nullptr;  // while the stream is open
  std::int32_t id_ = 0;
  Buffer body_;                 // came, and was not asked for yet
  std::size_t held_ = 0;        // bytes of window that the client does not have back
  std::string trailers_in_;     // lines
  std::string trailers_out_;    // lines
  Buffer* response_ = nullptr;  // the exchange's, while it sends
  std::string answer_;
  std::size_t answer_sent_ = 0;
  bool began_ = false;
  bool chunked_ = false;        // how the request's body is framed for the exchange
  bool request_ended_ = false;  // by the client
  bool end_given_ = false;      // the exchange has the end of the body
  bool reading_ = false;
  bool drained_ = false;  // `response_` was sent, and the exchange has not heard of it
  bool sending_ = false;  // the connection counts it so
  bool last_ = false;     // nothing follows `response_`
  bool end_sent_ = false;
  bool over_ = false;  // the exchange is
};

}  // namespace davit::router::h2
