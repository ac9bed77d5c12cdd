#include "server/supervisor/health_monitor.hpp"

namespace davit::supervisor {

// A dyno that has just begun to listen is asked at once; one that is up was asked just before.
HealthMonitor::HealthMonitor(CheckKind kind, const HttpCheck& check, SteadyTime now)
    : kind_(kind),
      interval_(check.interval),
      attempts_(check.attempts),
      due_(kind == CheckKind::start ? now : now + check.interval) {}

HealthMonitor::Verdict HealthMonitor::answered(bool healthy, SteadyTime now) {
  due_ = now + interval_;
  if (healthy) {
    failures_ = 0;
    return kind_ == CheckKind::start ? Verdict::passed : Verdict::going_on;
  }
  return ++failures_ >= attempts_ ? Verdict::failed : Verdict::going_on;
}

}  // namespace davit::supervisor
