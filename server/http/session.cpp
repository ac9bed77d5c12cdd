#include "server/http/session.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <string>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "server/http/connection_exchange.hpp"
#include "server/http/error_response.hpp"

namespace davit::http {
namespace {

// What the handler threw, or "" when it ended well. Cancellation goes on up.
Task<std::string> run_handler(const Handler& handler, ConnectionExchange& exchange) {
  try {
    co_await handler(exchange);
    co_return std::string();
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    co_return std::string(error.what());
  } catch (const std::exception& error) {
    co_return std::string(error.what());
  }
}

Task<> handle(const Handler& handler, ConnectionExchange& exchange) {
  const auto thrown = co_await run_handler(handler, exchange);
  const auto& request = exchange.request();
  if (!thrown.empty()) {
    log::error("request handler failed", {{"method", printable(request.method, 16)},
                                          {"path", printable(request.path, 200)},
                                          {"error", thrown}});
  } else if (!exchange.response_started()) {
    log::error("request handler gave no response",
               {{"method", printable(request.method, 16)}, {"path", printable(request.path, 200)}});
  }
  if (exchange.response_started()) co_return;
  auto head = error_head(500);
  auto body = error_body("internal_server_error",
                         "something went wrong on the server; its log says more. Try again.");
  co_await exchange.respond(std::move(head), std::move(body));
}

}  // namespace

Task<> serve_connection(std::shared_ptr<Connection> connection, const ServerConfig& config,
                        const Handler& handler) {
  bool lingering = false;
  for (bool more = true; more;) {
    ConnectionExchange exchange(*connection, config);
    const auto head = co_await exchange.read_head();
    if (head && !*head) break;
    if (head) {
      co_await handle(handler, exchange);
    } else {
      if (head.error().code == Errc::io || head.error().code == Errc::cancelled) break;
      auto error = head.error();
      co_await exchange.refuse(std::move(error));
    }
    lingering = exchange.response_finished();
    more = co_await exchange.settle();
  }
  if (lingering) co_await connection->linger();
  connection->close();
}

}  // namespace davit::http
