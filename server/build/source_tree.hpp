#pragma once
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/build/build.hpp"
#include "server/build/paths.hpp"
#include "server/git/tree_export.hpp"

namespace davit::build {

struct SourceTree {
  std::size_t left_out = 0;  // what .slugignore matches; a folder counts once
  std::vector<git::Submodule> submodules;
};

// The app's files in build_dir (must not exist), of the commit or of the tarball, without what
// their .slugignore matches; everything belongs to request.uid. Blocking; ends soon when `stop` is
// asked for.
Result<SourceTree> lay_out_source(const BuildPaths& paths, const BuildRequest& request,
                                  const std::stop_token& stop);

}  // namespace davit::build
