#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "server/git/limits.hpp"

namespace davit::git {

// Reads a pack as it streams by (gitformat-pack(5)) and says no before libgit2 allocates what the
// pack claims: counts, sizes of objects and of the results of deltas, the sum of all. Does not
// check hashes: the indexer does. Sans I/O.
class PackInspector {
 public:
  explicit PackInspector(const PushLimits& limits);
  ~PackInspector();
  PackInspector(const PackInspector&) = delete;
  PackInspector& operator=(const PackInspector&) = delete;

  // Errors, each for good: corrupt, too_large, limit_exceeded.
  Result<> feed(std::string_view bytes);
  // corrupt when the pack is not complete.
  Result<> finish() const;
  std::uint32_t objects() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::git
