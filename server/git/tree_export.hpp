#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/tree_budget.hpp"

// From a commit to files. Blocking; any thread.
namespace davit::git {

struct CommitSource {
  std::string repository;  // bare
  std::string quarantine;  // an objects folder to look in as well; empty: none
  CommitId commit;
};

// A plain file in the commit's root folder; nullopt when there is none, or a link or folder.
// Errors: not_found (no such commit), too_large (more than bytes_max).
Result<std::optional<std::string>> read_root_file(const CommitSource& source,
                                                  const std::string& name, std::size_t bytes_max);

struct ExportLimits {
  std::size_t files_max = 0;
  std::uint64_t bytes_max = 0;
  std::size_t depth_max = 0;
};

struct ExportRequest {
  CommitSource source;
  std::string target;  // made by the call; must not exist
  std::optional<std::uint32_t> uid;
  ExportLimits limits;
  // Whether the file or folder at `path` (from the root, no leading slash) is not wanted. Empty:
  // all are.
  std::function<bool(const std::string& path, bool is_directory)> leave_out;
  std::stop_token stop = {};     // cancelled: a part may be left in `target`
  TreeBudget* budget = nullptr;  // what comes out is taken from it as well
};

// A gitlink: another repository's commit at a path.
struct Submodule {
  std::string path;
  std::string commit;
  friend bool operator==(const Submodule&, const Submodule&) = default;
};

struct Exported {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::size_t left_out = 0;           // entries; a folder counts once
  std::vector<Submodule> submodules;  // their folders are there and empty
};

// Writes the commit's tree below `target`. Blobs come out as they were committed: no end-of-line or
// filter attribute is applied. Links stay links and are never followed. Errors: not_found (no such
// commit), corrupt (names that no git client would write), too_large, limit_exceeded, cancelled,
// those of the budget. On error a part may be left in `target`.
Result<Exported> export_tree(const ExportRequest& request);

}  // namespace davit::git
