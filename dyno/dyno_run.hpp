#pragma once
#include <poll.h>

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "dyno/connection.hpp"
#include "dyno/doorman.hpp"
#include "dyno/freezer.hpp"
#include "dyno/listen_watch.hpp"
#include "dyno/protocol/messages.hpp"
#include "dyno/protocol/spec.hpp"
#include "dyno/sandbox.hpp"
#include "dyno/sessions.hpp"
#include "dyno/spool.hpp"
#include "dyno/watch/limit_watch.hpp"

namespace davit::dyno {

// The life of one dyno from its start to Release: one thread, one poll loop. Everything the command
// wrote and its exit record are kept until davitd says Release.
class DynoRun {
 public:
  // spec and level must outlive it. `listener` is the control socket, `door` that of an isolated
  // dyno with a port.
  DynoRun(const Spec& spec, Level level, UniqueFd listener, UniqueFd door = {});

  // Returns when the dyno may be forgotten: scratch is removed, the socket is the caller's to
  // remove.
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  void start();
  int timeout() const;
  void wait_and_serve();
  void accept_all();
  void handle(Connection& connection, Command command);
  void take_signals();
  void take_reports();
  void take_output(bool last);
  void check_deadlines();
  void watch_port();
  void check_limits(Time now);
  void measure();
  void stop(ExitReason reason, std::chrono::milliseconds grace);
  void kill(ExitReason reason);
  void hang_up();
  void reap();
  void finish_if_gone();
  void conclude();
  void finish(ExitRecord record);
  void drop_closed();
  bool doomed() const;
  bool may_end() const;
  Status status() const;

  const Spec& spec_;
  Level level_;
  UniqueFd listener_;
  UniqueFd signals_;
  Spool spool_;
  std::list<Connection> connections_;
  Sessions sessions_;
  std::optional<Sandbox> sandbox_;
  std::optional<Doorman> doorman_;
  std::optional<LimitWatch> limits_;
  std::optional<Freezer> freezer_;

  State state_ = State::starting;
  Time started_;
  bool listening_ = false;
  std::optional<ListenWatch> watch_;
  std::optional<int> init_status_;     // of waitpid, once reaped
  std::optional<ExitRecord> command_;  // what init reported: code and signal, or why it failed
  std::optional<ExitReason> reason_;   // why we ended it
  std::optional<ExitRecord> exit_;     // the whole truth, once everything is gone
  std::string detail_;                 // the numbers of reason_, where a limit was broken
  std::string notes_;
  Usage usage_;
  unsigned usage_number_ = 0;

  std::optional<Time> kill_at_;
  std::optional<Time> time_limit_at_;
  std::optional<Time> owner_by_;
  std::optional<Time> measure_at_;
  std::optional<Time> groups_by_;  // the cgroups are waited for until then
  bool release_ = false;
  bool leave_when_alone_ = false;
};

}  // namespace davit::dyno
