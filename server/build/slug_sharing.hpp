#pragma once
#include <cstddef>
#include <string>

#include "base/result.hpp"

// What a tree has in common with the app's last slug. Both were made by the app's own scripts, and
// nothing writes to them now: no link is followed. Blocking. What cannot be compared or changed is
// left as it is.
namespace davit::build {

// Files of `tree` with the bytes of the same file of `slug` get its time, as a checkout leaves what
// did not change alone: tools that go by time (make, cargo) then build only what did.
void inherit_times(const std::string& tree, const std::string& slug);

// Files of `tree` that are the same as in `slug`, bytes, mode and owner, become hard links to it
// and so get its time; returns how many. Safe between slugs, since nobody ever writes to one: dynos
// see them below an overlay or as copies. Sources of Python and Ruby must have the same time
// already: what was compiled of them holds it. npm writes every file anew at each build.
std::size_t share_files(const std::string& tree, const std::string& slug);

}  // namespace davit::build
