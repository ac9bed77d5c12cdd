#include "dyno/credentials.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace davit::dyno {
namespace {

// Without CAP_SETPCAP (level C) the bounding set stays; no_new_privs makes it worthless then.
void drop_bounding_set() {
  for (unsigned long cap = 0; cap <= 63; ++cap) {
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno == EINVAL) break;
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

Result<> clear_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  if (::syscall(SYS_capset, &header, none) == 0) return {};
  return fail_errno(errno, "drop the capabilities");
}

}  // namespace

Result<> drop_privileges(Identity who, bool change) {
  drop_bounding_set();
  if (change) {
    if (::setgroups(0, nullptr) != 0) return fail_errno(errno, "leave the supplementary groups");
    if (::setresgid(who.gid, who.gid, who.gid) != 0) {
      return fail_errno(errno, fmt::format("become group {}", who.gid));
    }
    if (::setresuid(who.uid, who.uid, who.uid) != 0) {
      return fail_errno(errno, fmt::format("become user {}", who.uid));
    }
  }
  return clear_capabilities();
}

}  // namespace davit::dyno
