#pragma once
#include <deque>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace davit::auth {

// Slows down guessing of passwords, per account and over all. Memory is bounded: at the limit the
// account whose last failure is oldest is forgotten. Tokens go on working for an account that is
// held. io thread only.
class FailureLimiter {
 public:
  explicit FailureLimiter(const Clock& clock) : clock_(clock) {}

  // Errors: limit_exceeded, saying when to try again. Counts the try as failed until success() says
  // otherwise, so that tries at the same time cannot slip past the limit.
  Result<> attempt(const std::string& account);
  void success(const std::string& account);
  std::size_t accounts() const { return accounts_.size(); }

 private:
  using Times = std::deque<SteadyTime>;
  void forget_oldest();

  const Clock& clock_;
  std::unordered_map<std::string, Times> accounts_;
  Times all_;
};

}  // namespace davit::auth
