#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <memory>
#include <string>

#include "router/error_pages.hpp"
#include "router/forward.hpp"
#include "router/http/head_parser.hpp"
#include "router/worker.hpp"

namespace davit::router {

struct Client {
  std::string address;
  std::string port;  // ours, that it connected to
};

// One client connection: reads heads, hands each request to a Forward, answers what never gets that
// far. Holds itself until it is closed; pending operations hold it beyond that. One thread; the
// worker outlives it.
class Session final : public boost::intrusive_ref_counter<Session, boost::thread_unsafe_counter>,
                      public Timed,
                      public Live {
 public:
  using Ptr = boost::intrusive_ptr<Session>;
  static void start(Worker& worker, Socket socket, Client client);

  // For the exchange in progress.
  Worker& worker() { return worker_; }
  Socket& socket() { return socket_; }
  Buffer& input() { return input_; }  // what the client sent and no head or body has taken
  const Client& client() const { return client_; }
  Forward* forward(std::uint64_t attempt);  // nullptr: that attempt is over
  void read_body();                         // ends in Forward::on_client_read
  void wait_writable();                     // ends in Forward::on_client_writable
  void set_deadline(SteadyTime deadline) { worker_.wheel.schedule(*this, deadline); }

  // Ends of an exchange.
  enum class After : std::uint8_t { keep, close, linger };
  void exchange_done(After after);
  struct Answer {
    HCode code = HCode::none;
    int status = 0;  // 0: the code's
    const char* detail = "";
    PageStyle style{};
  };
  void answer(const Answer& answer);
  void abort();  // the response cannot be completed: the client must not take it for complete
  void close_now() override;
  Socket release_socket();  // for a tunnel; close_now() follows

  void finish_soon() override;
  void on_deadline() override;

 private:
  enum class State : std::uint8_t { waiting, head, exchange, answering, lingering, closed };

  Session(Worker& worker, Socket socket, Client client);
  void await_head();
  void read();
  void on_read(ErrorCode error, std::size_t bytes);
  void go_cold();
  void process_head();
  void route(std::size_t head_bytes);
  void refuse(int status, const char* why);
  void flush_answer();
  void linger();

  Worker& worker_;
  Socket socket_;
  Client client_;
  Buffer input_;
  http::HeadScan scan_;
  std::unique_ptr<Forward> forward_;  // kept from request to request while the connection is busy
  std::string answer_;
  std::size_t answer_sent_ = 0;
  std::size_t lingered_bytes_ = 0;
  SteadyTime idle_since_{};
  State state_ = State::waiting;
  bool reading_ = false;
  bool keep_after_answer_ = false;
  Ptr self_;
};

}  // namespace davit::router
