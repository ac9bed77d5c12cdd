#pragma once
#include <string>

#include "server/http/exchange.hpp"

namespace davit::test {

// The transport without a network: a request in memory, the response kept.
class MemoryExchange final : public http::Exchange {
 public:
  MemoryExchange(http::Request request, std::string body)
      : request_(std::move(request)), body_(std::move(body)) {}

  const http::Request& request() const override { return request_; }
  Task<Result<std::size_t>> read_some(asio::mutable_buffer into) override;
  Task<Result<>> respond(http::ResponseHead head, std::string body) override;
  Task<Result<>> start(http::ResponseHead head) override;
  Task<Result<>> write(std::string bytes) override;
  Task<Result<>> finish() override;
  Task<> client_gone() override;
  Task<Result<>> upgrade(std::string protocol) override;  // then the client has hung up already

  // The client hangs up after so many writes.
  int writes_until_gone = -1;
  http::ResponseHead head;
  std::string answer;
  bool started = false;
  bool finished = false;

 private:
  http::Request request_;
  std::string body_;
  std::size_t read_ = 0;
};

}  // namespace davit::test
