#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace davit::api {

// A token bucket per API key: `per_hour` at once, refilled evenly. Memory is bounded. io thread
// only.
class RateLimiter {
 public:
  RateLimiter(const Clock& clock, std::uint32_t per_hour) : clock_(clock), per_hour_(per_hour) {}

  // Takes one. What remains after it, or limit_exceeded with the seconds to wait.
  Result<std::uint32_t> take(const std::string& key);
  std::size_t keys() const { return buckets_.size(); }

 private:
  struct Bucket {
    double level = 0;
    SteadyTime filled_at;
  };
  Bucket& bucket(const std::string& key);

  const Clock& clock_;
  std::uint32_t per_hour_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace davit::api
