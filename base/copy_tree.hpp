#pragma once
#include <sys/types.h>

#include <optional>
#include <stop_token>
#include <string>

#include "base/result.hpp"

namespace davit {

// Copies a tree: folders, plain files (shared blocks where the file system can, else in the
// kernel), links as links; modes and times kept, but never setuid. Other kinds of files are left
// out. Everything then belongs to user and group `owner`, when given. `target` must not exist.
// Never hard links: the copy may be written in place and the source must not change. The source may
// be hostile: no link is followed. Blocking. Errors name the file; limit_exceeded: nested too deep;
// cancelled: `stop` was asked for, and a part of the copy is there.
Result<> copy_tree(const std::string& source, const std::string& target, std::optional<uid_t> owner,
                   const std::stop_token& stop = {});

}  // namespace davit
