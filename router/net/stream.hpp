#pragma once
#include <boost/asio/post.hpp>
#include <memory>

#include "router/net/buffer.hpp"
#include "router/net/socket.hpp"
#include "router/tls/channel.hpp"

namespace davit::router {

// A byte stream over a socket, plain or TLS. Reads and writes go to the socket itself where it is
// plain; a TLS one holds no buffer between reads. One thread. It must not move, nor go away, while
// an operation is pending; whoever owns it is held by its handlers.
class Stream {
 public:
  explicit Stream(Socket socket) : socket_(std::move(socket)) {}
  Stream(Socket socket, std::unique_ptr<tls::Channel> channel)
      : socket_(std::move(socket)), tls_(std::move(channel)) {}

  // Into the space behind what `buffer` holds; a TLS stream borrows the block only when something
  // has come. Handler: (ErrorCode, std::size_t); the bytes are not committed; eof where the peer
  // has said that it ends.
  template <class Handler>
  void async_read(Buffer& buffer, BlockPool& blocks, Handler handler) {
    if (!tls_) {
      buffer.acquire(blocks);
      return socket_.async_read(buffer.space(), buffer.space_bytes(), std::move(handler));
    }
    if (!tls_->may_have_input()) return wait_and_read(buffer, blocks, std::move(handler));
    asio::post(socket_.executor(),
               [this, &buffer, &blocks, handler = std::move(handler)]() mutable {
                 if (!socket_.is_open()) return handler(asio::error::operation_aborted, 0);
                 read_or_wait(buffer, blocks, std::move(handler));
               });
  }
  // The same, without a block while nothing comes: for those who wait long. Costs a system call.
  template <class Handler>
  void async_read_bare(Buffer& buffer, BlockPool& blocks, Handler handler) {
    if (tls_) return async_read(buffer, blocks, std::move(handler));
    if (buffer.empty()) buffer.release();
    socket_.wait_readable(
        [this, &buffer, &blocks, handler = std::move(handler)](ErrorCode error) mutable {
          if (error) return handler(error, 0);
          buffer.acquire(blocks);
          socket_.async_read(buffer.space(), buffer.space_bytes(), std::move(handler));
        });
  }
  template <class Handler>  // (ErrorCode)
  void wait_readable(Handler handler) {
    socket_.wait_readable(std::move(handler));
  }
  template <class Handler>  // (ErrorCode)
  void wait_writable(Handler handler) {
    socket_.wait_writable(std::move(handler));
  }
  // What a TLS stream did not take is sealed: the next write must begin with the same bytes.
  WriteResult write(std::string_view bytes) {
    return tls_ ? tls_->write(bytes) : socket_.write(bytes);
  }

  bool is_tls() const { return tls_ != nullptr; }
  Socket& socket() { return socket_; }  // not for bytes where it is TLS
  void cancel() { socket_.cancel(); }
  void shutdown_send();
  void close();  // pending operations end with operation_aborted
  void reset() { socket_.reset(); }

 private:
  template <class Handler>
  void wait_and_read(Buffer& buffer, BlockPool& blocks, Handler handler) {
    if (buffer.empty()) buffer.release();
    socket_.wait_readable(
        [this, &buffer, &blocks, handler = std::move(handler)](ErrorCode error) mutable {
          if (error) return handler(error, 0);
          tls_->input_came();
          read_or_wait(buffer, blocks, std::move(handler));
        });
  }
  template <class Handler>
  void read_or_wait(Buffer& buffer, BlockPool& blocks, Handler handler) {
    buffer.acquire(blocks);
    const tls::ReadResult got = tls_->read(buffer.space(), buffer.space_bytes());
    switch (got.state) {
      case tls::ReadState::ok: return handler(ErrorCode(), got.bytes);
      case tls::ReadState::would_block: return wait_and_read(buffer, blocks, std::move(handler));
      case tls::ReadState::ended: return handler(asio::error::eof, 0);
      case tls::ReadState::failed: return handler(asio::error::connection_reset, 0);
    }
  }

  Socket socket_;
  std::unique_ptr<tls::Channel> tls_;
};

}  // namespace davit::router
