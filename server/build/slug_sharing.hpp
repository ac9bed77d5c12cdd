#pragma once
#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>
#include <utility>

// What a tree has in common with the app's last slug. Both were made by the app's own scripts, and
// nothing writes to them now: no link is followed. Blocking. What cannot be compared or changed is
// left as it is.
namespace davit::build {

// Files of `tree` with the bytes of the same file of `slug` get its time, as a checkout leaves what
// did not change alone: tools that go by time (make, cargo) then build only what did.
void inherit_times(const std::string& tree, const std::string& slug);

// Of files that had further names besides the one in the tree, which one of the last slug took that
// name: by file system and inode.
using Replaced = std::map<std::pair<dev_t, ino_t>, std::string>;

struct Shared {
  std::size_t files = 0;
  Replaced replaced;
};

// Files of `tree` that are the same as in `slug`, bytes, mode and owner, become hard links to it
// and so get its time. Safe between slugs, since nobody ever writes to one: dynos see them below an
// overlay or as copies, and so nobody sees either that two names were one file. Sources of Python
// and Ruby must have the same time already: what was compiled of them holds it. npm writes every
// file anew at each build.
Shared share_files(const std::string& tree, const std::string& slug);

// The other names of what was replaced, in a cache that packs link into their apps, become the last
// slug's files too; returns how many. Else the cache would hold a copy of its own. As safe: builds
// get copies of a cache.
std::size_t share_linked(const std::string& cache, const std::string& slug,
                         const Replaced& replaced);

}  // namespace davit::build
