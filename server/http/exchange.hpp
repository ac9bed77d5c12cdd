#pragma once
#include <boost/asio/buffer.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"

// One request and its response, as handlers see it: no Beast here. io thread only.
namespace davit::http {

class Fields {
 public:
  void add(std::string name, std::string value);
  // First value, or empty. Names compare without case.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return list_; }

 private:
  std::vector<std::pair<std::string, std::string>> list_;
};

struct Request {
  std::string method;
  std::string target;  // as sent
  std::string path;    // percent-decoded; a target whose decoded path has "..", NUL or "//" never
                       // gets here (400)
  std::string query;   // without "?", still encoded
  Fields fields;
};

// It asks to go on in another protocol than HTTP (RFC 9110 section 7.8).
bool asks_for_upgrade(const Request& request, std::string_view protocol);

struct ResponseHead {
  int status = 200;
  Fields fields;
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;

  // Body, decoded from chunked framing (not from Content-Encoding), as it arrives; 0 at its end.
  // Sends "100 Continue" at the first call when the client expects it. A body over its limit:
  // too_large.
  virtual Task<Result<std::size_t>> read_some(asio::mutable_buffer into) = 0;
  Task<Result<std::string>> read_body(std::size_t bytes_max);

  // A whole response at once.
  virtual Task<Result<>> respond(ResponseHead head, std::string body) = 0;

  // Or a stream: start, write any number of times (sent at once), finish. Errors mean that the
  // client is gone.
  virtual Task<Result<>> start(ResponseHead head) = 0;
  virtual Task<Result<>> write(std::string bytes) = 0;
  virtual Task<Result<>> finish() = 0;

  // Or no HTTP any more: "101 Switching Protocols" to a request that asks for `protocol`; from then
  // on only receive() and send(). Neither has a deadline; one coroutine at a time in each;
  // cancellable. Errors mean that the client is gone. A transport that cannot: unavailable.
  virtual Task<Result<>> upgrade(std::string protocol);
  virtual Task<Result<std::string>> receive();  // what comes next; empty at the end
  virtual Task<Result<>> send(std::string bytes);

  // Returns when the client hangs up or breaks the connection. Only after the body's end was read;
  // cancel it through Asio's cancellation (terminal) when no longer of interest.
  virtual Task<> client_gone() = 0;
};

// Handles one exchange. Must respond or start+finish; a handler that returns without doing so
// yields a 500.
using Handler = std::function<Task<>(Exchange&)>;

}  // namespace davit::http
