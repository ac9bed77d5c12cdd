#include "server/supervisor/canary_state.hpp"

#include <algorithm>

#include "server/supervisor/limits.hpp"

namespace davit::supervisor {
namespace {

// The router tells its counts every two seconds.
constexpr auto counts_late = std::chrono::seconds(5);

CanaryWatch::Served served_of(const TrafficFact& traffic) {
  return {CanaryWatch::Side::current, traffic.drawn.requests, traffic.drawn.failed};
}

}  // namespace

std::optional<ReleaseId> CanaryState::id() const {
  if (!now_) return std::nullopt;
  return now_->runnable.release.id;
}

bool CanaryState::adopt(std::optional<Runnable> serving,
                        const std::optional<store::Release>& before) {
  if (now_ && (!serving || !is(serving->release.id))) {
    remember_end(before);
    now_.reset();
    retry_at_ = {};
    retry_pause_ = {};
  }
  if (!serving || now_) return false;
  now_ = Serving{std::move(*serving), {}};
  return true;
}

// A failure that we saw counts only if it is the one that was stored: its owner, or another
// release, may have been faster.
void CanaryState::remember_end(const std::optional<store::Release>& row) {
  last_ = ReleaseId();
  last_failure_.clear();
  if (!row || row->status != store::Status::failed) return;
  last_ = row->id;
  const std::string& seen = now_->watch.failure();
  last_failure_ = !seen.empty() && row->failure.ends_with(seen) ? seen : row->failure;
}

BootView CanaryState::ended(const ReleaseId& release) const {
  if (last_failure_.empty() || last_ != release) return {};
  return {Boot::crashed, last_failure_};
}

std::optional<Canary> CanaryState::target(Beside beside, const Now& now) const {
  if (!sound()) return std::nullopt;
  Canary canary{now_->runnable.release.id,
                canary_quantity(beside.dynos, rules_.percent),
                std::move(beside.size),
                {}};
  if (rules_.promote_after_ms > 0) {
    const auto after = std::chrono::milliseconds(rules_.promote_after_ms);
    canary.promote_at = now.steady + (now_->runnable.release.updated_at + after - now.wall);
  }
  // What could not be stored is not asked for again before its time.
  if (canary.promote_at) canary.promote_at = std::max(*canary.promote_at, retry_at_);
  return canary;
}

void CanaryState::crashed(const DynoName& name, const std::string& reason) {
  if (now_) now_->watch.crashed(name, reason);
}

bool CanaryState::served(const TrafficFact& traffic, bool strangers, SteadyTime now) {
  if (!sound() || !traffic.dyno) return false;
  CanaryWatch::Served served = served_of(traffic);
  if (is_canary_name(*traffic.dyno)) {
    if (strangers) now_->strangers_at = now;
    if (now - now_->strangers_at < counts_late) return false;
    served.side = CanaryWatch::Side::canary;
  }
  now_->watch.served(served, now);
  return !sound();
}

std::string CanaryState::due_failure(SteadyTime now) const {
  if (!now_ || now < retry_at_) return {};
  return now_->watch.failure();
}

void CanaryState::not_stored(SteadyTime now) {
  retry_pause_ = std::clamp<std::chrono::milliseconds>(retry_pause_ * 2, limits::canary_retry_min,
                                                       limits::canary_retry_max);
  retry_at_ = now + retry_pause_;
}

std::optional<SteadyTime> CanaryState::retry_at(SteadyTime now) const {
  if (!now_ || retry_at_ <= now) return std::nullopt;
  return retry_at_;
}

}  // namespace davit::supervisor
