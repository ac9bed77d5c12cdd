#pragma once
#include <string>

#include "router/client_side.hpp"
#include "router/http/head_parser.hpp"
#include "router/net/send_progress.hpp"

namespace davit::router {

// One HTTP/1.1 client connection, plain or TLS: reads heads, hands each request to a Forward,
// answers what never gets that far. Holds itself until it is closed. One thread; the worker
// outlives it.
class Session final : public ClientSide, public Live {
 public:
  using Ptr = boost::intrusive_ptr<Session>;
  static void start(Worker& worker, Stream stream, Client client);

  bool take_body() override { return !input_.empty(); }
  void read_body() override;
  bool send_continue() override;
  bool send_interim(const http::ResponseHead& head) override;
  void put_head(const http::ResponseHead& head, const http::ResponseWriting& how, Buffer& body,
                bool last) override;
  WriteResult send(Buffer& bytes, bool last) override;
  bool takes_chunks() const override { return true; }
  void put_trailers(std::string_view) override {}  // they are in the body's bytes
  bool reads_on() override { return progress_.moved(stream_.socket()); }
  bool has_left() override;
  void exchange_done(After after) override;
  void answer(const Answer& answer) override;
  void abort() override;
  void break_off() override { close_now(); }
  Stream release_stream() override { return std::move(stream_); }
  void released() override { close_now(); }

  void close_now() override;
  void give_way() override;
  void finish_soon() override;
  void cool_down() override;
  void on_slow_head() override;
  void on_deadline() override;

 private:
  enum class State : std::uint8_t { waiting, head, exchange, answering, lingering, closed };

  Session(Worker& worker, Stream stream, Client client);
  void await_head();
  void read();
  void on_read(ErrorCode error, std::size_t bytes);
  void go_cold();
  void process_head();
  void await_rest();
  void route(std::size_t head_bytes);
  void refuse(int status, const char* why);
  bool send_whole(std::string_view bytes);
  void wait_writable();
  void flush_answer();
  void await_reader();
  void linger();

  Stream stream_;
  http::HeadScan scan_;
  SendProgress progress_;
  std::string answer_;
  std::size_t answer_sent_ = 0;
  std::size_t lingered_bytes_ = 0;
  SteadyTime idle_since_{};
  std::unique_ptr<guard::SlowHead> slow_head_;
  State state_ = State::waiting;
  bool reading_ = false;
  bool asked_if_there_ = false;
  bool keep_after_answer_ = false;
  bool last_chance_ = false;  // the router leaves, and no request has come yet
  Ptr self_;
};

}  // namespace davit::router
