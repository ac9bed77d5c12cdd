#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::build {

// Where a build's folders are on the host, and what its scripts see. One folder is mounted at /tmp,
// so that packs can rename and hard-link between BUILD_DIR, CACHE_DIR and /tmp; /app is HOME, empty
// at first, and not BUILD_DIR. Both last through the whole chain of packs. Where the host has no
// namespaces the scripts see the host's paths.
class BuildPaths {
 public:
  BuildPaths(const std::string& work_dir, const BuildId& id, dyno::Level level);

  std::string root;  // <work>/<build id>: ours, 0700
  std::string tmp;   // all below are on the host
  std::string app;
  std::string build_dir;
  std::string cache_parent;  // <tmp>/codon/tmp, which the build may have replaced by a link
  std::string cache_dir;
  std::string env_dir;
  std::string packs_dir;

  std::string pack(const std::string& name) const { return packs_dir + "/" + name; }
  std::string scratch(std::size_t step) const;
  // What the scripts call a host path below tmp or app.
  std::string inside(const std::string& host) const;
  std::vector<dyno::Mount> mounts() const;
  bool host_paths() const { return level_ == dyno::Level::c; }

 private:
  dyno::Level level_;
};

// Makes root, tmp, app and the folders above the cache. Blocking.
Result<> make_build_folders(const BuildPaths& paths, std::optional<std::uint32_t> uid);

}  // namespace davit::build
