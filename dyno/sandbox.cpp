#include "dyno/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.hpp"
#include "base/pipe.hpp"
#include "dyno/app_mounts.hpp"
#include "dyno/clone.hpp"
#include "dyno/init.hpp"
#include "dyno/process_tree.hpp"
#include "dyno/report.hpp"

namespace davit::dyno {
namespace {

// Inside a user namespace that a container's root makes, uid 0 would look like a privilege that is
// not there.
constexpr uid_t uid_instead_of_root = 1000;

Identity identity_of(const Spec& spec, Level level) {
  const uid_t own = ::geteuid();
  if (level == Level::b) {
    const uid_t inside = own == 0 ? uid_instead_of_root : own;
    return {inside, inside};
  }
  if (spec.uid && own == 0) return {*spec.uid, *spec.uid};
  return {own, ::getegid()};
}

// Both ends of a channel that keeps packets apart.
Result<Pipe> make_channel() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
    return fail_errno(errno, "make a socket pair");
  }
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

unsigned long namespaces_of(const Spec& spec, Level level) {
  unsigned long all = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
  if (level == Level::c) return 0;
  if (spec.network.isolated()) all |= CLONE_NEWNET;
  return level == Level::b ? all | CLONE_NEWUSER : all;
}

std::string how_to_get(Level level) {
  return level == Level::a
             ? "namespaces are refused to root here (a container without CAP_SYS_ADMIN?)"
             : "unprivileged user namespaces are refused: allow them with "
               "`sysctl kernel.unprivileged_userns_clone=1` or, on Ubuntu, "
               "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`";
}

Result<> write_once(const std::string& path, const std::string& text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return {};
  }
  return fail_errno(errno, fmt::format("write '{}'", path));
}

// One id, the only mapping that needs no helper program and no privilege.
Result<> map_ids(pid_t pid, Identity inside) {
  const std::string folder = fmt::format("/proc/{}/", pid);
  DAVIT_TRY(write_once(folder + "setgroups", "deny"));
  DAVIT_TRY(write_once(folder + "uid_map", fmt::format("{} {} 1\n", inside.uid, ::geteuid())));
  return write_once(folder + "gid_map", fmt::format("{} {} 1\n", inside.gid, ::getegid()));
}

[[noreturn]] void become_init(const SandboxPlan& plan, const Cgroup& cgroup, InitFds fds) {
  if (const auto joined = cgroup.join(); !joined) {
    send_report(fds.report, {ReportKind::failed, exit_setup_failed, 0, joined.error().message});
    ::_exit(exit_setup_failed);
  }
  run_init(plan, fds);
}

// The pid, and whether it still has to be moved into its v2 group.
struct Cloned {
  pid_t pid = -1;
  bool outside = false;
};
Cloned clone_init(unsigned long namespaces, const Cgroup& cgroup, UniqueFd& pidfd) {
  const int group = cgroup.clone_into();
  const pid_t pid = clone_process(namespaces, group, pidfd);
  if (pid >= 0 || group < 0 || errno != ENOSYS) return {pid, false};
  return {clone_process(namespaces, -1, pidfd), true};
}

void make_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

Result<Sandbox> Sandbox::start(const Spec& spec, Level level) {
  // At level B the user namespace takes root's place away; elsewhere the app would be root.
  if (level != Level::b && ::geteuid() == 0 && !spec.uid) {
    return fail(Errc::invalid_argument,
                "spec of '{}': davit-dyno runs as root, so the app needs a 'uid' of its own",
                spec.name);
  }
  if (level == Level::c && spec.network.isolated()) {
    return fail(Errc::invalid_argument, "spec of '{}': level C has no network of its own",
                spec.name);
  }
  const SandboxPlan plan{spec, level, identity_of(spec, level), spec.scratch + "/root"};
  DAVIT_TRY(prepare_scratch(plan));
  auto output = make_pipe();
  auto report = make_pipe();
  auto order = make_pipe();
  auto sockets = make_channel();
  auto sessions = make_channel();
  if (!output || !report || !order || !sockets || !sessions)
    return fail_errno(EMFILE, "make the dyno's pipes");
  // So that programs of the dyno may open /dev/stdout again.
  if (::geteuid() == 0) {
    const uid_t outside = level == Level::b ? 0 : plan.who.uid;
    if (::fchown(output->write.get(), outside, outside) != 0) {
      return fail_errno(errno, "give the output pipe to the dyno");
    }
  }
  // Level C: whatever init leaves behind comes to us.
  if (level == Level::c) ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  auto cgroup = Cgroup::make(spec);
  if (!cgroup) return std::move(cgroup).error();
  Sandbox sandbox;
  const Cloned cloned = clone_init(namespaces_of(spec, level), *cgroup, sandbox.pidfd_);
  if (cloned.pid < 0) {
    return fail(Errc::io, "{} ({})", how_to_get(level), fail_errno(errno, "clone").message);
  }
  if (cloned.pid == 0) {
    become_init(plan, *cgroup,
                {order->read.get(), report->write.get(), output->write.get(), sessions->read.get(),
                 spec.network.isolated() ? sockets->read.get() : -1});
  }
  sandbox.level_ = level;
  sandbox.init_pid_ = cloned.pid;
  sandbox.cgroup_ = std::move(*cgroup);
  sandbox.output_ = std::move(output->read);
  sandbox.report_ = std::move(report->read);
  sandbox.order_ = std::move(order->write);
  sandbox.sessions_ = std::move(sessions->write);
  Result<> ready;
  if (cloned.outside) ready = sandbox.cgroup_.take_in(cloned.pid);
  if (ready && level == Level::b) ready = map_ids(cloned.pid, plan.who);
  if (ready && spec.network.isolated()) {
    ready = sandbox.connect_network(spec.network, std::move(sockets->write));
  }
  if (!ready) {
    sandbox.kill();
    ::waitpid(cloned.pid, nullptr, 0);
    return std::move(ready).error();
  }
  make_nonblocking(sandbox.output_.get());
  make_nonblocking(sandbox.report_.get());
  make_nonblocking(sandbox.order_.get());
  [[maybe_unused]] const auto told = ::write(sandbox.order_.get(), &order_go, 1);
  return sandbox;
}

// Before init goes on: later it cannot be looked into by an ordinary user.
Result<> Sandbox::connect_network(const Network& network, UniqueFd sockets) {
  sockets_ = std::move(sockets);
  listen_tables_ = ListenTables::of(init_pid_);
  auto uplink = Uplink::attach(network, init_pid_);
  if (!uplink) return std::move(uplink).error();
  uplink_.emplace(std::move(*uplink));
  return {};
}

void Sandbox::tell(char order) const {
  cgroup_.freeze(false);  // what is frozen cannot end in good order
  [[maybe_unused]] const auto told = ::write(order_.get(), &order, 1);
}

void Sandbox::terminate() const { tell(order_terminate); }

void Sandbox::hang_up() const { tell(order_hang_up); }

void Sandbox::kill() const {
  cgroup_.kill();
  if (level_ == Level::c) {
    kill_descendants(::getpid());
  } else {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  }
  cgroup_.freeze(false);  // v1: what is frozen does not even die
}

bool Sandbox::empty() const {
  return !cgroup_.populated() && (level_ != Level::c || descendants(::getpid()).empty());
}

}  // namespace davit::dyno
