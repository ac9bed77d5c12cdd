#pragma once
#include <string>

#include "base/ids.hpp"

namespace davit::git {

// Puts a ref back, if it still names `from`: to `to`, or away where `to` is empty. Where it names
// something else, or does not exist, nothing happens. Blocking. Errors: io.
Result<> reset_ref(const std::string& repository, const std::string& ref, const CommitId& from,
                   const CommitId& to);

}  // namespace davit::git
