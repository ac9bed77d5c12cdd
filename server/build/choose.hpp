#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/app_json/app_json.hpp"
#include "server/build/build.hpp"
#include "server/build/buildpacks.hpp"
#include "server/sources/source.hpp"

namespace davit::build {

enum class SelectionKind {
  automatic,       // the first pack whose detect agrees, alone
  explicitly_set,  // all of them, in order; one that disagrees rejects the push
};

struct Selection {
  SelectionKind kind = SelectionKind::automatic;
  std::vector<Pack> packs;
  std::string set_by{};  // for people: "the file .buildpacks"
};

struct ChoiceInputs {
  const BuildConfig& config;
  const BuildRequest& request;
  const sources::Rules& rules;
  const std::optional<std::string>& buildpacks_file;  // the text of .buildpacks
  const app_json::AppJson& app_json;
};

// Which packs build this app. The first that says anything decides: the build itself (Build API),
// the config var BUILDPACK_URL, the file .buildpacks, `davit buildpacks:set`, app.json's
// buildpacks; else detection over the bundled ones, in the order of their file. Packs from
// elsewhere are still to be fetched. Errors name what set the pack. Blocking.
Result<Selection> choose_packs(const ChoiceInputs& inputs);

// Takes what no other pack wants (index.html, a Procfile): that it would have agreed as well is no
// news.
bool is_catch_all(const std::string& pack);

}  // namespace davit::build
