#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::build {

// What an app's builds keep for the next: <cache_dir>/<app id>/. A build works on a clone; only a
// build that succeeds puts it in the place of the old one, by rename. Blocking, any thread; one
// build per app at a time (its caller's turn).
class BuildCache {
 public:
  explicit BuildCache(std::string folder) : folder_(std::move(folder)) {}

  // Makes `target` (must not exist): a copy of the app's cache, or an empty folder. A cache that
  // cannot be copied is dropped: a cold build beats none.
  Result<> clone_to(const AppId& app, const std::string& target,
                    std::optional<std::uint32_t> uid) const;

  // Moves the clone (`name` within `parent`, an open folder) into place. The old cache goes to
  // `trash`, which must not exist and is the caller's to remove. Same file system.
  Result<> commit(const AppId& app, int parent, const std::string& name,
                  const std::string& trash) const;

  Result<> remove(const AppId& app) const;

 private:
  std::string path_of(const AppId& app) const { return folder_ + "/" + app.str(); }
  std::string folder_;
};

}  // namespace davit::build
