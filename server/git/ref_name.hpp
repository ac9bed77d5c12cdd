#pragma once
#include <string_view>

#include "base/result.hpp"

namespace davit::git {

// Branches and tags only, valid for git (git-check-ref-format(1)), of a length that fits a file
// name. Needs a Libgit2User to be alive.
Result<> check_ref_name(std::string_view name);

bool is_deploy_branch(std::string_view name);  // refs/heads/main or refs/heads/master

std::string_view branch_of(std::string_view ref);  // "refs/heads/x" -> "x"; else the whole

// True where one name is a folder of the other: both cannot exist.
bool ref_names_clash(std::string_view a, std::string_view b);

}  // namespace davit::git
