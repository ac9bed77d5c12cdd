#pragma once
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <string>

#include "base/async.hpp"
#include "base/result.hpp"

namespace davit::auth {

// Argon2 on the workers, a few at a time: each takes 64 MiB and 0.1 s of a core. io thread only;
// workers outlive this. Errors: limit_exceeded when too many wait already.
class PasswordChecker {
 public:
  PasswordChecker(asio::any_io_executor executor, asio::thread_pool& workers);

  // An empty hash (no such user) takes as long as a wrong password and is false: the answer's time
  // tells nothing.
  Task<Result<bool>> verify(std::string hash, std::string password);
  Task<Result<std::string>> hash(std::string password);

 private:
  class Turn;
  Task<Result<>> wait_for_turn();

  asio::thread_pool& workers_;
  asio::steady_timer turn_free_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
  std::string dummy_hash_;
};

}  // namespace davit::auth
