#pragma once
#include <sys/types.h>

#include <optional>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "base/tree_budget.hpp"

namespace davit {

struct CopyOptions {
  std::optional<uid_t> owner{};  // everything then belongs to this user and group
  std::stop_token stop{};
  TreeBudget* budget = nullptr;  // what the copy takes is taken from it
};

// Copies a tree: folders, plain files (shared blocks where the file system can, else in the
// kernel), links as links; modes and times kept, but never setuid. Other kinds of files are left
// out. `target` must not exist. Never hard links: the copy may be written in place and the source
// must not change. The source may be hostile: no link is followed. Blocking. Errors name the file;
// limit_exceeded: nested too deep; cancelled: `stop` was asked for; those of the budget. A part of
// the copy is there then.
Result<> copy_tree(const std::string& source, const std::string& target,
                   const CopyOptions& options = {});

}  // namespace davit
