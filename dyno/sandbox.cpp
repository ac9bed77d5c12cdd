#include "dyno/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.hpp"
#include "dyno/app_mounts.hpp"
#include "dyno/init.hpp"
#include "dyno/process_tree.hpp"

namespace davit::dyno {
namespace {

// Inside a user namespace that a container's root makes, uid 0 would look like a privilege that is
// not there.
constexpr uid_t uid_instead_of_root = 1000;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

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

void make_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

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
  if (!output || !report || !order || !sockets) return fail_errno(EMFILE, "make the dyno's pipes");
  // So that programs of the dyno may open /dev/stdout again.
  if (::geteuid() == 0) {
    const uid_t outside = level == Level::b ? 0 : plan.who.uid;
    if (::fchown(output->write.get(), outside, outside) != 0) {
      return fail_errno(errno, "give the output pipe to the dyno");
    }
  }
  // Level C: whatever init leaves behind comes to us.
  if (level == Level::c) ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  int pidfd = -1;
  const long pid = ::syscall(SYS_clone, namespaces_of(spec, level) | CLONE_PIDFD | SIGCHLD, nullptr,
                             &pidfd, nullptr, nullptr);
  if (pid < 0) {
    return fail(Errc::io, "{} ({})", how_to_get(level), fail_errno(errno, "clone").message);
  }
  if (pid == 0) {
    run_init(plan, InitFds{order->read.get(), report->write.get(), output->write.get(),
                           spec.network.isolated() ? sockets->read.get() : -1});
  }
  Sandbox sandbox;
  sandbox.level_ = level;
  sandbox.init_pid_ = static_cast<pid_t>(pid);
  sandbox.pidfd_.reset(pidfd);
  sandbox.output_ = std::move(output->read);
  sandbox.report_ = std::move(report->read);
  sandbox.order_ = std::move(order->write);
  if (level == Level::b) {
    if (auto mapped = map_ids(sandbox.init_pid_, plan.who); !mapped) {
      sandbox.kill();
      return std::move(mapped).error();
    }
  }
  if (spec.network.isolated()) {
    if (auto connected = sandbox.connect_network(spec.network, std::move(sockets->write));
        !connected) {
      sandbox.kill();
      return std::move(connected).error();
    }
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

void Sandbox::terminate() const {
  [[maybe_unused]] const auto told = ::write(order_.get(), &order_terminate, 1);
}

void Sandbox::kill() const {
  if (level_ == Level::c) {
    kill_descendants(::getpid());
  } else {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  }
}

bool Sandbox::empty() const {
  return level_ != Level::c || descendants(::getpid()).empty();
}

}  // namespace davit::dyno
