#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"

namespace davit::http {

// One accepted stream socket (Unix or TCP) with its input buffer and a deadline for the operation
// that runs. Shared between its session, the server (which closes it to stop) and its own timer. io
// thread only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = asio::generic::stream_protocol::socket;
  using Duration = std::chrono::steady_clock::duration;

  Connection(Socket socket, std::size_t input_bytes_max);

  boost::beast::flat_buffer& input() { return input_; }

  // Reads more input; 0 when the peer has closed. Errors: timeout, io, too_large (the buffer is
  // full), cancelled.
  Task<Result<std::size_t>> fill(Duration within);
  // Sends all of it. Errors: timeout (a peer that does not read), io, cancelled. The bytes are the
  // caller's.
  Task<Result<>> send(std::vector<asio::const_buffer> pieces, Duration within);
  // For a connection that has left HTTP. No deadline: its user knows how long silence may last.
  Task<Result<std::string>> receive();  // empty at the end
  Task<Result<>> send(std::string bytes);
  // Returns when the peer closes or breaks the connection. Input that comes meanwhile is kept for
  // the next request.
  Task<> wait_gone();
  // Ends our direction and drops input for a while, so that the peer can read our last response.
  Task<> linger();

  void close();

 private:
  void arm(Duration within);
  void disarm();
  Error broken(const boost::system::error_code& ec, const char* doing) const;

  Socket socket_;
  asio::steady_timer deadline_;
  boost::beast::flat_buffer input_;
  bool expired_ = false;
};

}  // namespace davit::http
