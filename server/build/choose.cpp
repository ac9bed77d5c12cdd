#include "server/build/choose.hpp"

namespace davit::build {

Result<Selection> choose_packs(const BuildConfig& config, const BuildRequest&, const std::string&) {
  auto packs = bundled_packs(config.buildpacks_dir);
  if (!packs) return std::move(packs).error();
  return Selection{SelectionKind::automatic, std::move(*packs)};
}

}  // namespace davit::build
