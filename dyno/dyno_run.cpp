#include "dyno/dyno_run.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/process.hpp"
#include "dyno/control_socket.hpp"
#include "dyno/limits.hpp"
#include "dyno/report.hpp"

namespace davit::dyno {
namespace {

using std::chrono::milliseconds;

UniqueFd watch_signals() {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int number : {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT}) sigaddset(&watched, number);
  ::sigprocmask(SIG_BLOCK, &watched, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return UniqueFd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

DynoRun::DynoRun(const Spec& spec, Level level, UniqueFd listener, UniqueFd door)
    : spec_(spec),
      level_(level),
      listener_(std::move(listener)),
      signals_(watch_signals()),
      spool_(spec.spool_bytes, spec.spool_policy),
      sessions_(spec.interaction.has_value()),
      started_(Clock::now()) {
  if (door) {
    doorman_.emplace(
        Doorman::Door{std::move(door), spec.port.value_or(0), spec.network.door_group});
  }
}

void DynoRun::run() {
  start();
  while (!may_end()) wait_and_serve();
}

void DynoRun::start() {
  // A dyno that nobody ever comes for has no owner that knows of it: its davitd died right after
  // starting it.
  owner_by_ = Clock::now() + limits::owner_wait;
  leave_when_alone_ = spec_.owner_bound;
  if (spec_.time_limit.count() > 0) time_limit_at_ = Clock::now() + spec_.time_limit;
  auto sandbox = Sandbox::start(spec_, level_);
  if (!sandbox) {
    ExitRecord record;
    record.code = 125;
    record.reason = ExitReason::setup_failed;
    record.detail = sandbox.error().message;
    finish(std::move(record));
    return;
  }
  sandbox_ = std::move(*sandbox);
  limits_.emplace(spec_, *sandbox_, Clock::now());
  freezer_.emplace(*sandbox_);
  measure_at_ = Clock::now() + limits::usage_interval;
  sessions_.open(sandbox_->take_sessions());
  if (doorman_) doorman_->open(sandbox_->take_sockets());
  if (spec_.port) watch_port();
}

void DynoRun::watch_port() {
  const bool own_uid = level_ == Level::a || (level_ == Level::c && spec_.uid && ::geteuid() == 0);
  auto tables =
      spec_.network.isolated() ? sandbox_->take_listen_tables() : ListenTables::of(::getpid());
  watch_.emplace(*spec_.port, own_uid ? *spec_.uid : ::geteuid(), std::move(tables), Clock::now());
}

int DynoRun::timeout() const {
  if (init_status_ && !exit_) return static_cast<int>(limits::end_pause.count());
  std::optional<Time> next;
  const auto consider = [&](const std::optional<Time>& time) {
    if (time && (!next || *time < *next)) next = time;
  };
  if (!exit_) {
    consider(kill_at_);
    consider(time_limit_at_);
    if (watch_ && state_ == State::running) consider(watch_->due());
    if (limits_ && !doomed()) consider(limits_->due());
    if (freezer_) consider(freezer_->due());
    consider(measure_at_);
  }
  consider(owner_by_);
  consider(sessions_.due());
  if (doorman_) consider(doorman_->due());
  if (!next) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*next - Clock::now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, 3'600'000));
}

void DynoRun::wait_and_serve() {
  constexpr std::size_t fixed = 6;
  // Once init is gone its pipes only tell so, again and again; finish_if_gone() takes what is left
  // in them.
  const bool alive = sandbox_ && !init_status_;
  const bool reading = alive && spool_.room() > 0;
  std::vector<pollfd> ready{{listener_.get(), POLLIN, 0},
                            {signals_.get(), POLLIN, 0},
                            {alive ? sandbox_->report_fd() : -1, POLLIN, 0},
                            {reading ? sandbox_->output_fd() : -1, POLLIN, 0},
                            {alive ? limits_->fd() : -1, alive ? limits_->events() : short{0}, 0},
                            {alive ? freezer_->events_fd() : -1, POLLPRI, 0}};
  for (const auto& connection : connections_) {
    const short writing = connection.wants_write() ? POLLOUT : 0;
    ready.push_back({connection.fd(), static_cast<short>(POLLIN | writing), 0});
  }
  const std::size_t sessions_from = ready.size();
  sessions_.watch(ready);
  const std::size_t door_from = ready.size();
  if (doorman_) doorman_->watch(ready);
  if (::poll(ready.data(), ready.size(), timeout()) < 0 && errno != EINTR) return;
  if (doorman_) doorman_->serve(std::span(ready).subspan(door_from), Clock::now());
  sessions_.serve(std::span(ready).subspan(sessions_from, door_from - sessions_from), Clock::now());
  std::size_t index = fixed;
  const std::function<void(Connection&, Command)> handler =
      [this](Connection& connection, Command command) { handle(connection, std::move(command)); };
  for (auto& connection : connections_) {
    if (ready[index++].revents != 0) connection.receive(handler);
  }
  if (ready[2].revents != 0) take_reports();
  if (ready[3].revents != 0) take_output(false);
  if (ready[4].revents != 0) limits_->notice(Clock::now());
  if (ready[5].revents != 0) freezer_->look(Clock::now());
  if (ready[1].revents != 0) take_signals();
  if (ready[0].revents != 0) accept_all();
  if (sessions_.take_main_hung_up()) hang_up();
  finish_if_gone();
  check_deadlines();
  const Facts facts{
      listening_,    exit_ ? &*exit_ : nullptr,      &usage_,
      usage_number_, freezer_ && freezer_->frozen(), freezer_ ? freezer_->answers() : 0};
  for (auto& connection : connections_) {
    if (!connection.closed()) connection.pump(spool_, facts);
  }
  drop_closed();
}

void DynoRun::accept_all() {
  while (UniqueFd fd = accept_owner(listener_.get())) {
    owner_by_.reset();
    if (connections_.size() >= limits::connections_max) connections_.pop_front();
    connections_.emplace_back(std::move(fd)).send(status());
  }
}

void DynoRun::handle(Connection& connection, Command command) {
  if (const auto* subscribe = std::get_if<Subscribe>(&command)) {
    if (subscribe->from > spool_.end()) return connection.close();
    // The newest is the subscriber; an earlier one belongs to a davitd that is gone or wrong.
    for (auto& other : connections_) {
      if (&other != &connection && other.subscribed()) other.close();
    }
    connection.subscribe(spool_, subscribe->from);
  } else if (const auto* ack = std::get_if<Ack>(&command)) {
    if (ack->offset > spool_.end()) return connection.close();
    spool_.release(ack->offset);
  } else if (const auto* wanted = std::get_if<Stop>(&command)) {
    stop(ExitReason::stopped, wanted->grace);
  } else if (std::holds_alternative<Kill>(command)) {
    kill(ExitReason::killed);
  } else if (std::holds_alternative<Freeze>(command)) {
    if (freezer_ && !reason_ && !exit_) freezer_->freeze(Clock::now());
  } else if (std::holds_alternative<Thaw>(command)) {
    if (freezer_) freezer_->thaw();
  } else if (std::holds_alternative<Attach>(command)) {
    sessions_.attach(connection.surrender());
  } else if (auto* exec = std::get_if<Exec>(&command)) {
    sessions_.exec(connection.surrender(), std::move(*exec));
  } else if (std::holds_alternative<Release>(command)) {
    release_ = true;
    kill(ExitReason::killed);
  }
}

// SIGHUP, SIGINT and SIGQUIT come from a terminal that is no business of a dyno's. SIGTERM comes
// from an admin or from the machine's shutdown: the dyno ends in good order, and nobody may come to
// release it.
void DynoRun::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo != SIGTERM) continue;
    leave_when_alone_ = true;
    stop(ExitReason::stopped, spec_.stop_grace);
  }
  reap();
}

void DynoRun::take_reports() {
  bool ended = false;
  while (auto report = receive_report(sandbox_->report_fd(), ended)) {
    switch (report->kind) {
      case ReportKind::note: notes_ += (notes_.empty() ? "" : "; ") + report->text; break;
      case ReportKind::started:
        if (!command_) state_ = State::running;
        break;
      case ReportKind::failed:
        if (command_) break;
        command_.emplace();
        command_->code = report->code;
        command_->reason = ExitReason::setup_failed;
        command_->detail = report->text;
        break;
      case ReportKind::exited:
        if (command_) break;
        command_.emplace();
        command_->code = report->code;
        command_->signal = report->signal;
        break;
    }
  }
}

void DynoRun::take_output(bool last) {
  char buffer[16 * 1024];
  for (;;) {
    const std::size_t room =
        last ? sizeof buffer : std::min<std::uint64_t>(sizeof buffer, spool_.room());
    if (room == 0) return;
    const ssize_t count = ::read(sandbox_->output_fd(), buffer, room);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    const std::string_view bytes(buffer, static_cast<std::size_t>(count));
    last ? spool_.append_last(bytes) : spool_.append(bytes);
    // A flood must not keep the connections waiting.
    if (!last) return;
  }
}

void DynoRun::check_deadlines() {
  const Time now = Clock::now();
  if (owner_by_ && now >= *owner_by_) {
    owner_by_.reset();
    leave_when_alone_ = true;
    kill(ExitReason::owner_gone);
  }
  if (exit_) return;
  if (kill_at_ && now >= *kill_at_) {
    kill_at_.reset();
    kill(ExitReason::stop_timeout);
  }
  if (time_limit_at_ && now >= *time_limit_at_) {
    time_limit_at_.reset();
    stop(ExitReason::time_limit, spec_.stop_grace);
  }
  if (watch_ && state_ == State::running && now >= watch_->due() && watch_->look(now)) {
    listening_ = true;
    if (doorman_) doorman_->prefer(watch_->family());
    watch_.reset();
  }
  check_limits(now);
}

void DynoRun::check_limits(Time now) {
  if (!limits_ || init_status_) return;
  if (freezer_->due() && now >= *freezer_->due()) freezer_->look(now);
  if (measure_at_ && now >= *measure_at_) {
    measure_at_ = now + limits::usage_interval;
    const bool asked = std::any_of(connections_.begin(), connections_.end(),
                                   [](const Connection& each) { return each.subscribed(); });
    if (asked) measure();
  }
  if (doomed() || now < limits_->due()) return;
  auto breach = limits_->look(now);
  if (!breach) return;
  detail_ = std::move(breach->detail);
  kill(breach->reason);
}

void DynoRun::measure() {
  usage_ = limits_->usage();
  ++usage_number_;
}

Status DynoRun::status() const {
  Status out;
  out.version = protocol_version;
  out.id = spec_.id;
  out.name = spec_.name;
  out.launcher_pid = ::getpid();
  out.launcher_start = process_start_time(::getpid()).value_or(0);
  out.init_pid = sandbox_ && !init_status_ ? sandbox_->init_pid() : 0;
  out.state = state_;
  out.listening = listening_;
  out.frozen = freezer_ && freezer_->frozen();
  out.output_begin = spool_.begin();
  out.output_end = spool_.end();
  out.exit = exit_;
  return out;
}

}  // namespace davit::dyno
