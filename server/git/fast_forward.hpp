#pragma once
#include <string>

#include "base/ids.hpp"

namespace davit::git {

// Whether `commit` has `ancestor` in its history: moving a ref from one to the other loses nothing.
// Blocking: a worker thread. quarantine: an objects directory where the commit may be, or empty.
// Errors: io.
Result<bool> descends(const std::string& repository, const std::string& quarantine,
                      const CommitId& commit, const CommitId& ancestor);

}  // namespace davit::git
