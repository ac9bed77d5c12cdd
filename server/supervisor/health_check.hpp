#pragma once
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "server/supervisor/health_monitor.hpp"
#include "server/supervisor/prober.hpp"

namespace davit::supervisor {

struct HealthServices {
  Prober& prober;
  const Clock& clock;
  std::function<Task<>(std::string)> say;  // a line of the dyno's log
  std::function<bool()> paused{};          // the dyno sleeps: nothing is asked, and nothing counts
};

// Makes the check's requests until it has passed (a start check) or failed, and says each one that
// fails. The error of a failed check is its reason in one sentence: "GET /health answered 500 (3
// times in a row)". io thread only; what `services` refers to outlives it. Cancellable.
Task<Result<>> run_health_check(HealthServices services, CheckKind kind, HttpCheck check,
                                ProbeRequest target);

}  // namespace davit::supervisor
