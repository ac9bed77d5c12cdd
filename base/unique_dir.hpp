#pragma once
#include <dirent.h>

#include <memory>

namespace davit {

// Closes a folder that is read.
struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using UniqueDir = std::unique_ptr<DIR, DirCloser>;

}  // namespace davit
