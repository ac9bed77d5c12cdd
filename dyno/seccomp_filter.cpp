#include "dyno/seccomp_filter.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

namespace davit::dyno {
namespace {

constexpr const char* denied_calls[] = {
    // mounts and namespaces
    "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig",
    "fsmount", "fspick", "mount_setattr", "setns", "unshare", "swapon", "swapoff",
    // the kernel itself
    "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "acct", "quotactl", "quotactl_fd", "syslog", "nfsservctl",
    "lookup_dcookie", "iopl", "ioperm", "vhangup", "sethostname", "setdomainname",
    // other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "keyctl", "add_key",
    "request_key", "open_by_handle_at", "name_to_handle_at",
    // clocks, personality, memory policy
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "mbind", "set_mempolicy",
    "set_mempolicy_home_node", "move_pages", "migrate_pages",
    // watching whole file systems; what nothing has used for decades
    "fanotify_init", "fanotify_mark", "create_module", "get_kernel_syms", "query_module", "uselib",
    "ustat", "sysfs", "_sysctl", "modify_ldt", "vm86", "vm86old"};

// Newer than the library's names, the same number on every architecture.
constexpr int open_tree_attr = 467;

// Of socket(2) only local ones, IPv4, IPv6 and netlink are left. The others are not kept apart by
// network namespaces (vsock), load modules on demand, or have been ways into the kernel (AF_ALG).
constexpr unsigned family_last = AF_NETLINK;
constexpr unsigned families_between[] = {AF_AX25,   AF_IPX,    AF_APPLETALK, AF_NETROM, AF_BRIDGE,
                                         AF_ATMPVC, AF_X25,    AF_ROSE,      AF_DECnet, AF_NETBEUI,
                                         AF_SECURITY, AF_KEY};

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

Result<> check(int rc, const char* what) {
  if (rc == 0) return {};
  return fail_errno(-rc, what);
}

Result<> deny_calls(scmp_filter_ctx filter) {
  for (const char* name : denied_calls) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;
    DAVIT_TRY(check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0), name));
  }
  return {};
}

Result<> deny_arguments(scmp_filter_ctx filter) {
  for (const unsigned long flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET,
                                   CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP}) {
    DAVIT_TRY(check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                     SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag)),
                    "clone"));
  }
  // The upper half is compared too unless masked, and the kernel ignores it (CVE-2019-10063).
  for (const unsigned long request : {TIOCSTI, TIOCLINUX}) {
    DAVIT_TRY(check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                                     SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, request)),
                    "ioctl"));
  }
  DAVIT_TRY(check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), open_tree_attr, 0),
                  "open_tree_attr"));
  return check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
}

Result<> deny_families(scmp_filter_ctx filter) {
  for (const unsigned family : families_between) {
    DAVIT_TRY(check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                     SCMP_A0_32(SCMP_CMP_EQ, family)),
                    "socket"));
  }
  return check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                SCMP_A0_32(SCMP_CMP_GT, family_last)),
               "socket");
}

}  // namespace

Result<> apply_seccomp_filter() {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (!filter) return fail(Errc::io, "make a seccomp filter: out of memory");
  // Calls of another architecture (i386, x32 on x86-64) have other numbers: none is served.
  seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  DAVIT_TRY(deny_calls(filter.get()));
  DAVIT_TRY(deny_arguments(filter.get()));
  DAVIT_TRY(deny_families(filter.get()));
  return check(seccomp_load(filter.get()), "load the seccomp filter");
}

}  // namespace davit::dyno
