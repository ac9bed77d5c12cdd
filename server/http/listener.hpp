#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <string>

#include "base/async.hpp"
#include "base/result.hpp"
#include "server/http/server_config.hpp"

namespace davit::http {

using UnixAcceptor = asio::local::stream_protocol::acceptor;
using TcpAcceptor = asio::ip::tcp::acceptor;

// Listens on `path` with `mode`, in one step from a client's view (bound beside it, then renamed
// over). A socket nobody serves any more is replaced; one that answers: conflict.
Result<UnixAcceptor> listen_unix(const asio::any_io_executor& executor, const std::string& path,
                                 mode_t mode);
Result<TcpAcceptor> listen_tcp(const asio::any_io_executor& executor, const TcpEndpoint& endpoint);

}  // namespace davit::http
