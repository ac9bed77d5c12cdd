#include "server/api/account/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

#include "server/api/limits.hpp"

namespace davit::api {
namespace {

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

RateLimiter::Bucket& RateLimiter::bucket(const std::string& key) {
  const SteadyTime now = clock_.steady();
  const double per_second = per_hour_ / 3600.0;
  if (!buckets_.contains(key) && buckets_.size() >= limits::rate_limited_keys_max) {
    // A bucket that is full again holds no news; when all are in use, one forgotten limit does less
    // harm than unbounded memory.
    std::erase_if(buckets_, [&](const auto& entry) {
      return entry.second.level + seconds_between(entry.second.filled_at, now) * per_second >=
             per_hour_;
    });
    if (buckets_.size() >= limits::rate_limited_keys_max) buckets_.erase(buckets_.begin());
  }
  auto [found, fresh] = buckets_.try_emplace(key, Bucket{static_cast<double>(per_hour_), now});
  Bucket& it = found->second;
  it.level =
      std::min<double>(per_hour_, it.level + seconds_between(it.filled_at, now) * per_second);
  it.filled_at = now;
  return it;
}

Result<std::uint32_t> RateLimiter::take(const std::string& key) {
  Bucket& mine = bucket(key);
  if (mine.level >= 1) {
    mine.level -= 1;
    return static_cast<std::uint32_t>(mine.level);
  }
  const double wait = std::ceil((1 - mine.level) * 3600.0 / per_hour_);
  return fail(Errc::limit_exceeded,
              "Your API key has used its {} requests an hour. Try again in {:.0f} seconds.",
              per_hour_, wait);
}

}  // namespace davit::api
