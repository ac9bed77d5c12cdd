#pragma once
#include <map>
#include <string>

#include "base/copy_tree.hpp"
#include "base/result.hpp"
#include "server/git/tree_export.hpp"

// What a commit keeps elsewhere. Its tree, and with it every path here, is a stranger's.
namespace davit::build {

// `.gitmodules` (git-config(5)): path -> url. Pure. Unknown keys are passed over; a value is not
// checked. Errors: too many.
Result<std::map<std::string, std::string>> parse_gitmodules(const std::string& text);

// Puts the files of `from` where the tree below `root` has an empty folder for them. We may be
// root: the path is resolved beneath `root` and nowhere else. Blocking. Errors: forbidden (it leads
// out), those of copy_tree().
Result<> put_submodule(const std::string& from, const std::string& root, const std::string& path,
                       const CopyOptions& options);

// For the pusher: why, and what else there is to do.
Error submodule_error(const git::Submodule& module, const Error& why);

}  // namespace davit::build
