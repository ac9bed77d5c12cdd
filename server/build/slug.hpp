#pragma once
#include <cstdint>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::build {

// Bytes of a slug on disk, and whether it passes the limits.
struct SlugSize {
  std::uint64_t bytes = 0;
  bool above_soft_limit = false;
};

// too_large above the hard limit; the text tells what to do. Blocking.
Result<SlugSize> measure_slug(const std::string& path, std::uint64_t soft_max,
                              std::uint64_t hard_max);

// Slugs: <folder>/<slug id>/, never written again. What runs them mounts them read-only or below an
// overlay; the files keep the app's uid, so that a copy of the slug is the app's own. Blocking.
class SlugStore {
 public:
  explicit SlugStore(std::string folder) : folder_(std::move(folder)) {}
  std::string path_of(const SlugId& id) const { return folder_ + "/" + id.str(); }
  // Moves the build's folder (not a link) into the store. Same file system.
  Result<> take(const std::string& build_dir, const SlugId& id) const;
  Result<> remove(const SlugId& id) const;

 private:
  std::string folder_;
};

}  // namespace davit::build
