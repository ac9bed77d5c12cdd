#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "server/build/limits.hpp"

namespace davit::build {

struct ExportRequest {
  std::string repository;  // bare
  std::string quarantine;  // an objects folder to look in as well; empty: none
  CommitId commit;
  std::string target;  // made by the call; must not exist
  std::optional<std::uint32_t> uid;
  std::size_t files_max = limits::tree_files_max;
  std::uint64_t bytes_max = limits::tree_bytes_max;
};

struct Exported {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::size_t ignored = 0;              // entries that .slugignore took
  std::vector<std::string> submodules;  // paths; their folders are there and empty
};

// Writes the commit's tree below `target`, without what its .slugignore matches and without `.git`.
// Blobs come out as they were committed: no end-of-line or filter attribute is applied. Links stay
// links and are never followed. Blocking; any thread. Errors: not_found (no such commit), corrupt
// (names that no git client would write), too_large, limit_exceeded, invalid_argument
// (.slugignore). On error a part may be left in `target`.
Result<Exported> export_tree(const ExportRequest& request);

}  // namespace davit::build
