#include "dyno/pasta.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "dyno/limits.hpp"
#include "dyno/veth.hpp"

namespace davit::dyno {
namespace {

constexpr std::size_t table_bytes_max = 64 * 1024;
constexpr std::size_t words_bytes_max = 300;
constexpr int look_again_ms = 2;

std::vector<std::string> arguments(const PastaUplink& uplink, pid_t inside) {
  std::vector<std::string> argv{uplink.program, "--foreground", "--quiet",
                                "--config-net", "--ns-ifname",  inner_device};
  for (const char* direction : {"--tcp-ports", "--udp-ports", "--tcp-ns", "--udp-ns"}) {
    argv.insert(argv.end(), {direction, "none"});
  }
  // Addresses are set by --config-net: nobody inside asks for them.
  argv.insert(argv.end(), {"--no-map-gw", "--no-dhcp", "--no-dhcpv6", "--no-ra"});
  if (!uplink.address.empty()) {
    argv.insert(argv.end(),
                {"--address", uplink.address, "--netmask", "30", "--gateway", uplink.gateway});
  }
  argv.push_back(std::to_string(inside));
  return argv;
}

// In the forked child.
[[noreturn]] void execute(std::vector<std::string>& words, pid_t parent, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(1);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, 0);
  ::dup2(nothing, 1);
  ::dup2(errors, 2);
  ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* env[] = {path, nullptr};
  ::execve(argv[0], argv.data(), env);
  ::dprintf(2, "start '%s': errno %d", argv[0], errno);
  ::_exit(127);
}

// "Iface Destination Gateway Flags …" (proc(5)): a default route has destination and mask 0. In the
// table of IPv6 the first column is the destination, and lo has such a route of its own.
bool routes_out(pid_t inside) {
  const auto v4 = read_file(fmt::format("/proc/{}/net/route", inside), table_bytes_max);
  if (v4 && v4->find("\t00000000\t") != v4->npos) return true;
  const auto v6 = read_file(fmt::format("/proc/{}/net/ipv6_route", inside), table_bytes_max);
  if (!v6) return false;
  const std::string any = std::string(32, '0') + " 00 ";
  for (std::size_t at = v6->find(any); at != v6->npos; at = v6->find(any, at + 1)) {
    const auto line = v6->substr(at, v6->find('\n', at) - at);
    if ((at == 0 || (*v6)[at - 1] == '\n') && line.ends_with(inner_device)) return true;
  }
  return false;
}

}  // namespace

Result<Pasta> Pasta::start(const PastaUplink& uplink, pid_t inside) {
  int errors[2];
  // Non-blocking: it must not wait for a reader of its complaints.
  if (::pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno(errno, "make a pipe");
  UniqueFd read_end(errors[0]);
  const UniqueFd write_end(errors[1]);
  auto words = arguments(uplink, inside);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, "fork for pasta");
  if (pid == 0) execute(words, parent, write_end.get());
  Pasta pasta(UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  pasta.errors_ = std::move(read_end);
  const auto deadline = std::chrono::steady_clock::now() + limits::pasta_start_timeout;
  while (!routes_out(inside)) {
    pollfd ended{pasta.pidfd_.get(), POLLIN, 0};
    if (::poll(&ended, 1, look_again_ms) == 1) {
      return fail(Errc::unavailable, "pasta ended: {}", pasta.last_words());
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(Errc::timeout, "pasta made no route within {} s: {}",
                  limits::pasta_start_timeout.count(), pasta.last_words());
    }
  }
  return pasta;
}

std::string Pasta::last_words() {
  std::string words(words_bytes_max, '\0');
  const ssize_t got = ::read(errors_.get(), words.data(), words.size());
  words.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!words.empty() && words.back() == '\n') words.pop_back();
  words.erase(0, words.rfind('\n') + 1);  // the reason comes last
  return words.empty() ? "it said nothing" : printable(words, words_bytes_max);
}

Pasta::~Pasta() {
  if (pidfd_) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

}  // namespace davit::dyno
