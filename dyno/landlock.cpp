#include "dyno/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "base/unique_fd.hpp"
#include "dyno/public_files.hpp"
#include "dyno/rootfs.hpp"

namespace davit::dyno {
namespace {

// Of later kernels than the headers of Debian 12 know (6.1); from linux/landlock.h of 6.12.
constexpr std::uint64_t fs_truncate = 1ull << 14;
constexpr std::uint64_t fs_ioctl_dev = 1ull << 15;
constexpr std::uint64_t net_bind_tcp = 1ull << 0;
constexpr std::uint64_t scope_abstract_unix_socket = 1ull << 0;
constexpr std::uint64_t scope_signal = 1ull << 1;
constexpr int rule_net_port = 2;

struct RulesetAttributes {
  std::uint64_t fs = 0;
  std::uint64_t net = 0;
  std::uint64_t scoped = 0;
};
struct PortRule {
  std::uint64_t allowed;
  std::uint64_t port;
};

constexpr std::uint64_t may_read_file = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t look = may_read_file | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t run = look | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t use_device = may_read_file | LANDLOCK_ACCESS_FS_WRITE_FILE | fs_ioctl_dev;
// What a rule for something that is not a folder may allow (landlock(7)).
constexpr std::uint64_t of_files =
    may_read_file | LANDLOCK_ACCESS_FS_EXECUTE | use_device | fs_truncate;

std::uint64_t known_rights(int version) {
  std::uint64_t rights = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;  // all of version 1
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= fs_truncate;
  if (version >= 5) rights |= fs_ioctl_dev;
  return rights;
}

class Ruleset {
 public:
  Ruleset(int version, const Spec& spec) : rights_(known_rights(version)) {
    RulesetAttributes attributes{rights_, 0, 0};
    std::size_t size = sizeof attributes.fs;
    if (version >= 4) {
      attributes.net = spec.port ? net_bind_tcp : 0;
      size += sizeof attributes.net;
    }
    if (version >= 6) {
      attributes.scoped = scope_abstract_unix_socket | scope_signal;
      size += sizeof attributes.scoped;
    }
    fd_.reset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
    limits_ports_ = attributes.net != 0;
  }
  explicit operator bool() const { return static_cast<bool>(fd_); }

  // What is not there needs no rule.
  void allow(const std::string& path, std::uint64_t rights) {
    const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (place) allow(place.get(), rights);
  }
  void allow(int place, std::uint64_t rights) {
    struct stat info {};
    if (::fstat(place, &info) != 0) return;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights & rights_ & (S_ISDIR(info.st_mode) ? rights_ : of_files);
    rule.parent_fd = place;
    add(LANDLOCK_RULE_PATH_BENEATH, &rule);
  }
  // 0: any port that the kernel chooses, as clients and tests do.
  void allow_port(std::uint16_t port) {
    const PortRule rule{net_bind_tcp, port};
    if (limits_ports_) add(rule_net_port, &rule);
  }
  Result<> enforce() const {
    if (why_ != 0) return fail_errno(why_, "add a Landlock rule");
    if (::syscall(SYS_landlock_restrict_self, fd_.get(), 0) == 0) return {};
    return fail_errno(errno, "enforce the Landlock rules");
  }
  std::uint64_t all() const { return rights_; }

 private:
  void add(int kind, const void* rule) {
    if (::syscall(SYS_landlock_add_rule, fd_.get(), kind, rule, 0) != 0) why_ = errno;
  }

  std::uint64_t rights_;
  int why_ = 0;  // a rule was refused
  UniqueFd fd_;
  bool limits_ports_ = false;
};

void allow_system(Ruleset& rules) {
  for (const auto name : system_folders()) rules.allow("/" + std::string(name), run);
  for (const auto name : public_etc_entries()) rules.allow("/etc/" + std::string(name), run);
  for (const char* own : {"passwd", "group", "hosts", "hostname"}) {
    rules.allow(std::string("/etc/") + own, may_read_file);
  }
  // Where /etc/resolv.conf leads, and where it is replaced at any time.
  for (const char* folder : {"/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager"}) {
    rules.allow(folder, look);
  }
  for (const char* path : {"/proc", "/sys/devices/system/cpu"}) {
    rules.allow(path, look);
  }
  for (const auto name : public_devices()) {
    rules.allow("/dev/" + std::string(name), use_device);
  }
  rules.allow("/dev/ptmx", use_device);
  rules.allow("/dev/pts", use_device | LANDLOCK_ACCESS_FS_READ_DIR);
  rules.allow("/dev/shm", rules.all());
}

void allow_own(Ruleset& rules, const SandboxPlan& plan) {
  const Spec& spec = plan.spec;
  rules.allow(spec.scratch + "/app", rules.all());
  rules.allow(spec.scratch + "/tmp", rules.all());
  for (const Mount& mount : spec.mounts) {
    rules.allow(mount.target, mount.mode == MountMode::read_only ? run : rules.all());
  }
  for (const auto& file : certificate_files(spec)) rules.allow(file.fd.get(), may_read_file);
  if (spec.port) rules.allow_port(*spec.port);
  rules.allow_port(0);
}

}  // namespace

int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return static_cast<int>(std::max(version, 0l));
}

Result<> apply_landlock(const SandboxPlan& plan, Notes& notes) {
  const int version = landlock_version();
  if (version == 0) {
    notes.emplace_back(
        "no Landlock here: the app can read and change whatever its user can (level C)");
    return {};
  }
  Ruleset rules(version, plan.spec);
  if (!rules) return fail_errno(errno, "make a Landlock ruleset");
  allow_system(rules);
  allow_own(rules, plan);
  return rules.enforce();
}

}  // namespace davit::dyno
