#pragma once
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/result.hpp"
#include "cli/http/stream.hpp"
#include "cli/server_url.hpp"

namespace davit::cli {

// A connection that has left HTTP, and what the server sent behind its answer.
struct Upgraded {
  std::unique_ptr<Stream> stream;
  std::string first;
};

// Connects to an absolute URL that the server handed out and asks to go on in `protocol`. No token:
// the URL is the secret. Errors: what the server answered instead; unavailable, timeout, corrupt.
Task<Result<Upgraded>> upgrade(asio::io_context& io, WebUrl url, std::string protocol,
                               HttpTimeouts timeouts);

}  // namespace davit::cli
