#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace davit::build {

// Copies a tree: folders, files (shared blocks where the file system can, else copied in the
// kernel), links as links; modes and times kept, owner `uid` when given. Other kinds of files are
// left out. `target` must not exist. Never hard links: a build may write into a cached file in
// place, and a failed build must not change the cache. The source may be hostile: its links are not
// followed. Blocking.
Result<> copy_tree(const std::string& source, const std::string& target,
                   std::optional<std::uint32_t> uid);

}  // namespace davit::build
