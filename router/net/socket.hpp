#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <string_view>
#include <utility>

#include "base/unique_fd.hpp"
#include "router/guard/ledger.hpp"
#include "router/net/io_state.hpp"

namespace davit::router {
namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// A connected, non-blocking stream socket, TCP or Unix, on Asio's reactor. Reads are Asio's (it
// tries once before it waits, and waits without a system call); writes are tried at once and waited
// for only when the kernel's buffer is full. One thread. The io_context outlives it.
class Socket {
 public:
  // `seat`: a client's, among its others; given back with the descriptor.
  Socket(asio::io_context& io, UniqueFd fd, int family, guard::Seat seat = {});

  template <class Handler>  // (ErrorCode, std::size_t)
  void async_read(char* data, std::size_t size, Handler handler) {
    socket_.async_receive(asio::buffer(data, size), std::move(handler));
  }
  template <class Handler>  // (ErrorCode)
  void wait_readable(Handler handler) {
    socket_.async_wait(socket_.wait_read, std::move(handler));
  }
  template <class Handler>  // (ErrorCode)
  void wait_writable(Handler handler) {
    socket_.async_wait(socket_.wait_write, std::move(handler));
  }
  WriteResult write(std::string_view bytes);
  // Written, and not yet acknowledged by the peer's kernel (TCP) or read by the peer (Unix).
  std::size_t held_bytes();
  // Nothing to read and not closed by the peer: fit for another request.
  bool is_quiet();
  // TCP: what the peer's kernel has told us.
  enum class Peer : std::uint8_t {
    there,
    ended,  // sends no more; whether it still reads is not known
    gone,   // refuses what we send
  };
  Peer peer();
  bool is_open() const { return socket_.is_open(); }
  int fd() { return socket_.native_handle(); }
  asio::io_context::executor_type executor() { return socket_.get_executor(); }
  void cancel();
  void shutdown_send();
  void close();  // pending operations end with operation_aborted
  void reset();  // close with RST, so that the peer does not take what it has for complete

 private:
  asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>
      socket_;
  guard::Seat seat_;
};

}  // namespace davit::router
