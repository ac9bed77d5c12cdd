#pragma once
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>

#include "server/http/connection.hpp"
#include "server/http/exchange.hpp"
#include "server/http/server_config.hpp"

namespace davit::http {

// One exchange on a connection: reads the head, then serves a handler. io thread only; connection
// and config outlive it.
class ConnectionExchange final : public Exchange {
 public:
  ConnectionExchange(Connection& connection, const ServerConfig& config);

  // False: the client closed, or stayed idle, between requests. Errors: invalid_argument,
  // too_large, timeout, io, cancelled; `refuse` answers the first three.
  Task<Result<bool>> read_head();
  Task<Result<>> refuse(Error error);
  bool response_started() const { return response_ != ResponseState::none; }
  bool response_finished() const {
    return response_ == ResponseState::finished || response_ == ResponseState::upgraded;
  }
  // After the handler: reads what is left of the body, within limits. True when the connection may
  // carry another request.
  Task<bool> settle();

  const Request& request() const override { return request_; }
  Task<Result<std::size_t>> read_some(asio::mutable_buffer into) override;
  Task<Result<>> respond(ResponseHead head, std::string body) override;
  Task<Result<>> start(ResponseHead head) override;
  Task<Result<>> write(std::string bytes) override;
  Task<Result<>> finish() override;
  Task<Result<>> upgrade(std::string protocol) override;
  Task<Result<std::string>> receive() override;
  Task<Result<>> send(std::string bytes) override;
  Task<> client_gone() override;

 private:
  enum class ResponseState { none, streaming, finished, upgraded };
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

  Result<> take_head();
  std::string head_text(const ResponseHead& head, std::optional<std::size_t> length);

  Connection& connection_;
  const ServerConfig& config_;
  Parser parser_;
  Request request_;
  bool http_1_1_ = true;
  bool keep_alive_ = false;
  bool continue_due_ = false;
  bool chunked_ = false;
  bool body_allowed_ = true;  // of the response to a HEAD, or a 204 or 304: no
  bool read_failed_ = false;
  bool body_too_large_ = false;  // by its Content-Length
  ResponseState response_ = ResponseState::none;
};

}  // namespace davit::http
