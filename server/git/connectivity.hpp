#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/git/receive_pack.hpp"

namespace davit::git {

// Whether everything that the commands' new values need is there: each commit that no existing ref
// reaches, its trees and blobs; and that trees hold no name a checkout must not write (".git",
// "..", "a/b"). Blocking: a worker thread. quarantine: its objects directory, or empty. Errors:
// corrupt (names what is missing), limit_exceeded, cancelled.
Result<> check_connectivity(const std::string& repository, const std::string& quarantine,
                            const std::vector<RefCommand>& commands, const std::atomic<bool>& stop);

}  // namespace davit::git
