#include "server/supervisor/slots.hpp"

#include <algorithm>

namespace davit::supervisor {

using std::chrono::duration_cast;
using std::chrono::microseconds;

const Slots::State& Slots::crashed(const DynoName& name, const Crash& crash, const Now& now) {
  State& slot = slots_[name];
  slot.crashes = policy_.count(slot.crashes, crash.ran);
  const SteadyTime wished = now.steady + policy_.delay(slot.crashes, crash.jitter);
  const std::uint32_t burst =
      std::max(limits::crash_burst_min, crash.formation * limits::crash_burst_per_dyno);
  slot.not_before = std::max(wished, budget_.take(now.steady, burst));
  slot.retry_at = now.wall + duration_cast<microseconds>(*slot.not_before - now.steady);
  slot.since = now.wall;
  slot.reason = crash.reason;
  changed_.insert(name);
  return slot;
}

void Slots::stop(const DynoName& name, const Now& now) {
  State& slot = slots_[name];
  if (slot.stopped) return;
  slot = State();
  slot.stopped = true;
  slot.since = now.wall;
  changed_.insert(name);
}

void Slots::forget(const DynoName& name) {
  if (slots_.erase(name) > 0) changed_.insert(name);
}

void Slots::forget_all() {
  for (const auto& [name, slot] : slots_) changed_.insert(name);
  slots_.clear();
  budget_.reset();
}

const Slots::State* Slots::find(const DynoName& name) const {
  const auto found = slots_.find(name);
  return found == slots_.end() ? nullptr : &found->second;
}

void Slots::restore(const std::vector<store::SlotRecord>& records, const ReleaseId& release,
                    const Now& now) {
  for (const auto& record : records) {
    if (record.release != release) {
      changed_.insert(record.name);
      continue;
    }
    State slot{record.stopped, record.crashes, {}, record.retry_at, record.since, record.reason};
    if (record.retry_at) {
      // The wall clock may have jumped while we were away: never wait longer than a crash may cost.
      const auto left =
          std::clamp<microseconds>(*record.retry_at - now.wall, microseconds(0), policy_.delay_max);
      slot.not_before = now.steady + left;
      slot.retry_at = now.wall + left;
    }
    slots_[record.name] = std::move(slot);
  }
}

store::SlotRecord Slots::record(const DynoName& name, const AppId& app,
                                const ReleaseId& release) const {
  const State& slot = slots_.at(name);
  return {app, name, release, slot.stopped, slot.crashes, slot.retry_at, slot.since, slot.reason};
}

}  // namespace davit::supervisor
