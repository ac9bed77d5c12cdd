#include "server/auth/failure_limiter.hpp"

#include <algorithm>

#include "server/auth/limits.hpp"

namespace davit::auth {
namespace {

void drop_before(std::deque<SteadyTime>& times, SteadyTime start) {
  while (!times.empty() && times.front() <= start) times.pop_front();
}

}  // namespace

Result<> FailureLimiter::attempt(const std::string& account) {
  const SteadyTime now = clock_.steady();
  drop_before(all_, now - limits::global_failure_window);
  if (all_.size() >= limits::global_failures_max) {
    return fail(Errc::limit_exceeded,
                "Too many failed logins on this server. Try again in a minute; API keys still "
                "work.");
  }
  if (!accounts_.contains(account) && accounts_.size() >= limits::accounts_remembered_max) {
    forget_oldest();
  }
  Times& times = accounts_[account];
  drop_before(times, now - limits::account_failure_window);
  if (times.size() >= limits::account_failures_max) {
    const auto wait = times.front() + limits::account_failure_window - now;
    return fail(Errc::limit_exceeded,
                "Too many failed logins for this account. Try again in {} minutes; API keys still "
                "work.",
                std::chrono::ceil<std::chrono::minutes>(wait).count());
  }
  times.push_back(now);
  all_.push_back(now);
  return {};
}

void FailureLimiter::success(const std::string& account) {
  accounts_.erase(account);
  if (!all_.empty()) all_.pop_back();
}

void FailureLimiter::forget_oldest() {
  const SteadyTime start = clock_.steady() - limits::account_failure_window;
  std::erase_if(accounts_, [&](const auto& entry) {
    return entry.second.empty() || entry.second.back() <= start;
  });
  if (accounts_.size() < limits::accounts_remembered_max) return;
  const auto oldest = std::ranges::min_element(
      accounts_, {}, [](const auto& entry) { return entry.second.back(); });
  accounts_.erase(oldest);
}

}  // namespace davit::auth
