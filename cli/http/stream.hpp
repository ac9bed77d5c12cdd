#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/result.hpp"
#include "cli/http/client.hpp"

namespace davit::cli {

// A connected byte stream, plain or TLS. io thread only. Errors name the server.
class Stream {
 public:
  virtual ~Stream() = default;
  // 0 at the end of the stream.
  virtual Task<Result<std::size_t>> read_some(asio::mutable_buffer into) = 0;
  // Writes all of it. The buffer outlives the call.
  virtual Task<Result<std::size_t>> write(asio::const_buffer bytes) = 0;
};

Task<Result<std::unique_ptr<Stream>>> connect_stream(asio::io_context& io, ServerUrl server,
                                                     HttpTimeouts timeouts);

}  // namespace davit::cli
