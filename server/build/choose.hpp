#pragma once
#include <vector>

#include "base/result.hpp"
#include "server/build/build.hpp"
#include "server/build/buildpacks.hpp"

namespace davit::build {

enum class SelectionKind {
  automatic,       // the first pack whose detect agrees, alone
  explicitly_set,  // all of them, in order; one that disagrees rejects the push
};

struct Selection {
  SelectionKind kind = SelectionKind::automatic;
  std::vector<Pack> packs;
};

// Which packs build this app. So far always detection over the bundled ones; what an app or its
// repository sets comes in here. `build_dir` holds the exported tree. Blocking.
Result<Selection> choose_packs(const BuildConfig& config, const BuildRequest& request,
                               const std::string& build_dir);

}  // namespace davit::build
