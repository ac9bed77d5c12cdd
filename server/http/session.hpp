#pragma once
#include <memory>

#include "server/http/connection.hpp"
#include "server/http/exchange.hpp"
#include "server/http/server_config.hpp"

namespace davit::http {

// Serves one connection until it ends: requests one after another. config and handler outlive it.
// An exception from the handler becomes a 500 and a log line; only cancellation ends it early.
Task<> serve_connection(std::shared_ptr<Connection> connection, const ServerConfig& config,
                        const Handler& handler);

}  // namespace davit::http
