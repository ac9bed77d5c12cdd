#pragma once
#include <string>

#include "base/async.hpp"
#include "base/result.hpp"
#include "store/records.hpp"

namespace davit::cron {

// Runs the jobs of app.json's cron when they are due, each as a detached one-off dyno. io thread
// only.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Starts a job of the app's current release now, whatever its schedule says; returns its run.
  // `by`: who wants it, for the app's log. Errors: not_found, conflict (it runs), limit_exceeded.
  virtual Task<Result<store::CronRecord>> start_now(store::App app, std::string job,
                                                    std::string by) = 0;
};

}  // namespace davit::cron
