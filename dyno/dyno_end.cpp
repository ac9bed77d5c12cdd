// How a dyno ends, and what is told of it.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "dyno/dyno_run.hpp"
#include "dyno/limits.hpp"

namespace davit::dyno {

using std::chrono::milliseconds;

// Killed already; what was only asked to stop may still do harm.
bool DynoRun::doomed() const {
  return reason_ && *reason_ != ExitReason::stopped && *reason_ != ExitReason::time_limit;
}

void DynoRun::stop(ExitReason reason, milliseconds grace) {
  if (exit_ || !sandbox_) return;
  if (!reason_) reason_ = reason;
  const Time deadline = Clock::now() + grace;
  if (!kill_at_ || deadline < *kill_at_) kill_at_ = deadline;
  freezer_->thaw();
  sandbox_->terminate();
}

// Whoever talked with the command is gone: what a terminal does to its processes then.
void DynoRun::hang_up() {
  if (exit_ || !sandbox_ || init_status_) return;
  if (!reason_) reason_ = ExitReason::owner_gone;
  const Time deadline = Clock::now() + limits::hang_up_grace;
  if (!kill_at_ || deadline < *kill_at_) kill_at_ = deadline;
  freezer_->thaw();
  sandbox_->hang_up();
}

void DynoRun::kill(ExitReason reason) {
  if (exit_ || !sandbox_ || init_status_) return;
  const bool timed_out = reason_ == ExitReason::time_limit && reason == ExitReason::stop_timeout;
  if (!doomed() && !timed_out) reason_ = reason;
  sandbox_->kill();
  freezer_->thaw();
}

void DynoRun::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    if (sandbox_ && pid == sandbox_->init_pid()) init_status_ = status;
  }
}

void DynoRun::finish_if_gone() {
  if (exit_ || !init_status_) return;
  if (!sandbox_->empty()) {
    sandbox_->kill();
    reap();
    return;
  }
  if (!groups_by_) {
    groups_by_ = Clock::now() + limits::cgroup_removal_wait;
    measure();
  }
  // Whoever hears of the end may rely on nothing being left of the dyno.
  if (!sandbox_->remove_cgroup() && Clock::now() < *groups_by_) return;
  take_reports();
  take_output(true);
  sandbox_->close_output();
  // Connections that a router still holds keep the namespace itself alive.
  sandbox_->cut_uplink();
  if (doorman_) doorman_->close();
  watch_.reset();
  conclude();
}

// What is told of the end: first what we did to it, then what the kernel did, then its own words.
void DynoRun::conclude() {
  ExitRecord record;
  if (command_) {
    record = std::move(*command_);
  } else {
    const int status = *init_status_;
    record.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    record.code = record.signal != 0 ? 128 + record.signal : WEXITSTATUS(status);
  }
  auto breach = reason_ ? std::nullopt : limits_->last_look(usage_, record);
  if (breach && record.reason == ExitReason::exited) {
    reason_ = breach->reason;
    detail_ = std::move(breach->detail);
  } else if (!command_ && !reason_) {
    record.reason = ExitReason::killed;
    record.detail = "the dyno's init process was killed from outside";
  }
  if (record.reason == ExitReason::exited && reason_) {
    record.reason = *reason_;
    record.detail = detail_;
  }
  const auto remarks = limits_->remarks(usage_);
  if (!remarks.empty()) notes_ += (notes_.empty() ? "" : "; ") + remarks;
  finish(std::move(record));
}

void DynoRun::finish(ExitRecord record) {
  record.ran = std::chrono::duration_cast<milliseconds>(Clock::now() - started_);
  if (record.detail.empty()) record.detail = notes_;
  exit_ = std::move(record);
  state_ = State::exited;
  sessions_.dyno_ended(*exit_);
}

void DynoRun::drop_closed() {
  const bool had = !connections_.empty();
  connections_.remove_if([](const Connection& connection) { return connection.closed(); });
  if (!had || !connections_.empty() || !spec_.owner_bound) return;
  spec_.interaction ? hang_up() : kill(ExitReason::owner_gone);
}

bool DynoRun::may_end() const {
  if (!exit_ || !sessions_.empty()) return false;
  return release_ || (leave_when_alone_ && connections_.empty() && !owner_by_);
}

}  // namespace davit::dyno
