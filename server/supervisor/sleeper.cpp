#include "server/supervisor/sleeper.hpp"

#include <algorithm>

namespace davit::supervisor {

void Sleeper::fall_asleep(SteadyTime now, WallTime wall, std::chrono::milliseconds stop_after) {
  if (sleep_) return;
  sleep_ = Sleep{.stopped = false, .since = now, .stop_at = now + stop_after};
  since_ = wall;
  changed_ = true;
}

void Sleeper::stop() {
  if (!sleep_ || sleep_->stopped) return;
  sleep_->stopped = true;
  changed_ = true;
}

void Sleeper::wake() {
  if (!sleep_) return;
  sleep_.reset();
  changed_ = true;
}

void Sleeper::restore(const store::SleepRecord& record, SteadyTime now, WallTime wall,
                      std::chrono::milliseconds stop_after) {
  const auto slept = std::max<WallTime::duration>(wall - record.since, WallTime::duration::zero());
  const auto left = std::max<WallTime::duration>(stop_after - slept, WallTime::duration::zero());
  sleep_ = Sleep{.stopped = record.stopped,
                 .since = now,
                 .stop_at = now + std::chrono::duration_cast<SteadyTime::duration>(left)};
  since_ = record.since;
}

std::optional<Sleeper::Change> Sleeper::take_change(const AppId& app, const ReleaseId& release) {
  if (!std::exchange(changed_, false)) return std::nullopt;
  if (!sleep_) return Change{};
  return Change{store::SleepRecord{app, release, since_, sleep_->stopped}};
}

}  // namespace davit::supervisor
