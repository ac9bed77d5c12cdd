#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_dir.hpp"

namespace davit::dyno {

// Adds up what folders take on disk, some entries at a time, so that whoever has other things to
// do does not wait for a million files. Never follows a link; a file with several names counts
// once. A folder that its owner made unreadable is made readable: an app must not hide what it
// wrote.
class DiskWalk {
 public:
  explicit DiskWalk(const std::string& folder) : DiskWalk(std::vector<std::string>{folder}) {}
  explicit DiskWalk(std::vector<std::string> folders);

  // Looks at up to `entries` more; true once everything was seen, or a limit of the walk was hit.
  bool step(std::size_t entries);

  std::uint64_t bytes() const { return bytes_; }
  // "": none. Else what makes the folder too large to be counted at all, for people.
  const std::string& excess() const { return excess_; }

 private:
  void enter(int parent, const char* name);
  bool enter_next();
  void count(const struct stat& info);

  std::vector<std::string> folders_;  // not entered yet, the next one last
  std::vector<UniqueDir> open_;       // from the folder down to where we are
  std::set<std::pair<dev_t, ino_t>> linked_;
  std::uint64_t bytes_ = 0;
  std::size_t entries_ = 0;
  std::string excess_;
};

}  // namespace davit::dyno
