#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <memory>
#include <string>

#include "router/error_pages.hpp"
#include "router/http/head.hpp"
#include "router/http/head_writer.hpp"
#include "router/net/stream.hpp"
#include "router/worker.hpp"

namespace davit::router {

class Forward;

struct Client {
  std::string address;
  std::string port;                // ours, that it connected to
  const tls::Peer* tls = nullptr;  // as long as the connection; nullptr: a plain one
  bool http2 = false;
  guard::Visitor visitor{};
};

// The client's end of one exchange, as a Forward sees it: an HTTP/1.1 connection (Session) or one
// stream of an HTTP/2 connection (h2::Stream). The request is HTTP/1.1 bytes in input(), whatever
// the client spoke; the response's head is handed over parsed, its body as bytes. Held by pending
// operations. One thread; the worker outlives it.
class ClientSide : public boost::intrusive_ref_counter<ClientSide, boost::thread_unsafe_counter>,
                   public Timed {
 public:
  using Ptr = boost::intrusive_ptr<ClientSide>;

  ClientSide(Worker& worker, Client client);
  ~ClientSide() override;

  Worker& worker() { return worker_; }
  const Client& client() const { return client_; }
  Buffer& input() { return input_; }        // what the client sent and no head or body has taken
  Forward* forward(std::uint64_t attempt);  // nullptr: that attempt is over
  void set_deadline(SteadyTime deadline) { worker_.wheel.schedule(*this, deadline); }

  // The request's body. take_body: whether input() has bytes of it now; by asking, the exchange
  // says that the dyno has all that it took before. read_body ends in Forward::on_client_read.
  virtual bool take_body() = 0;
  virtual void read_body() = 0;

  // 1xx. false: the client has gone, or would get half of one.
  virtual bool send_continue() = 0;
  virtual bool send_interim(const http::ResponseHead& head) = 0;
  // The response's head goes before what `body` holds. `last`: nothing follows.
  virtual void put_head(const http::ResponseHead& head, const http::ResponseWriting& how,
                        Buffer& body, bool last) = 0;
  // Sends what the client takes now and consumes it. would_block: `bytes` is read further, and
  // Forward::on_client_writable follows when it is empty. `last`: the response ends with it.
  virtual WriteResult send(Buffer& bytes, bool last) = 0;
  // The chunked coding ends here; `trailers` are its lines (RFC 9112 7.1.2), checked.
  virtual bool takes_chunks() const = 0;
  virtual void put_trailers(std::string_view lines) = 0;
  // Since send() said would_block or this was asked last, the client has read something.
  virtual bool reads_on() = 0;

  // While the request waits: whether nobody is there any more to get its answer. Now and then.
  virtual bool has_left() = 0;

  // Ends of an exchange.
  enum class After : std::uint8_t { keep, close, linger };
  virtual void exchange_done(After after) = 0;
  virtual void answer(const Answer& answer) = 0;
  // The response cannot be completed, and the client must not take it for complete.
  virtual void abort() = 0;
  virtual void break_off() = 0;  // the same where its framing tells already
  // The connection itself, for a tunnel: HTTP/1.1 only. Its end follows.
  virtual Stream release_stream() = 0;
  virtual void released() = 0;

 protected:
  Forward& use_forward();

  Worker& worker_;
  Client client_;
  Buffer input_;
  std::unique_ptr<Forward> forward_;  // kept from request to request while the client is busy
};

}  // namespace davit::router
