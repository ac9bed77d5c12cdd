#pragma once
#include "base/clock.hpp"
#include "server/supervisor/health_config.hpp"

namespace davit::supervisor {

enum class CheckKind {
  start,     // over with the first good answer
  liveness,  // goes on until it fails
};

// When the next request of a check is due and what its answers mean. Pure.
class HealthMonitor {
 public:
  enum class Verdict { going_on, passed, failed };

  HealthMonitor(CheckKind kind, const HttpCheck& check, SteadyTime now);

  SteadyTime due() const { return due_; }
  Verdict answered(bool healthy, SteadyTime now);
  int failures() const { return failures_; }  // in a row

 private:
  CheckKind kind_;
  std::chrono::seconds interval_;
  int attempts_;
  SteadyTime due_;
  int failures_ = 0;
};

}  // namespace davit::supervisor
