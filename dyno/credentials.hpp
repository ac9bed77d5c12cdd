#pragma once
#include <sys/types.h>

#include "base/result.hpp"

namespace davit::dyno {

// Who the command is, as seen inside its namespaces.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

// Gives up every capability for good (bounding, ambient, inheritable, permitted, effective) and,
// where `change` is true, becomes `who` with no supplementary groups. The parent-death signal is
// lost with the uid: set it afterwards.
Result<> drop_privileges(Identity who, bool change);

}  // namespace davit::dyno
