#pragma once
#include <memory>
#include <string>

#include "base/result.hpp"
#include "server/http/exchange.hpp"

namespace davit::git {

// A request's body without its Content-Encoding (git sends gzip), as it arrives. io thread only;
// the exchange outlives it.
class RequestBody {
 public:
  // bytes_max: of the decoded body, so that a small body cannot grow without end.
  // invalid_argument: an encoding other than gzip and identity.
  static Result<std::unique_ptr<RequestBody>> open(http::Exchange& exchange,
                                                   std::uint64_t bytes_max);
  ~RequestBody();

  // Empty at the end. Errors: too_large, corrupt (no gzip), io (the client went away).
  Task<Result<std::string>> next();
  // Reads and drops the rest as sent, up to `bytes_max`; true when the end was reached.
  Task<bool> drop(std::uint64_t bytes_max);

 private:
  class Inflater;
  RequestBody(http::Exchange& exchange, std::uint64_t bytes_max,
              std::unique_ptr<Inflater> inflater);
  Task<Result<std::string>> next_raw();

  http::Exchange& exchange_;
  std::uint64_t left_;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace davit::git
