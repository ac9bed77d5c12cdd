#pragma once
#include <cstdint>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "base/tree_budget.hpp"

namespace davit::archive {

struct UnpackRequest {
  std::string file;    // a tar, plain or packed by gzip, xz, zstd or bzip2
  std::string target;  // an empty folder of ours
  std::size_t strip =
      0;  // leading parts of each path that are dropped, as tar's --strip-components
  std::size_t entries_max = 0;
  std::uint64_t bytes_max = 0;
  std::size_t depth_max = 0;
  std::stop_token stop{};
  TreeBudget* budget = nullptr;  // what comes out is taken from it as well
};

// Folders, files (0644 or 0755, whatever else the archive says), links and hard links that stay
// within the target. Nothing else: devices, pipes and sockets are refused, owners and set-id bits
// dropped, and no link is followed while writing. On error the target holds a part, the caller's to
// remove. Errors: corrupt, too_large, limit_exceeded, io, cancelled, those of the budget. Blocking.
Result<> unpack(const UnpackRequest& request);

}  // namespace davit::archive
