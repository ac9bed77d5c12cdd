#include "server/build/choose.hpp"

#include <algorithm>
#include <set>

#include "server/sources/limits.hpp"

namespace davit::build {
namespace {

struct Wish {
  std::vector<std::string> sources;
  std::string set_by;
};

Result<Wish> first_wish(const ChoiceInputs& inputs) {
  const BuildRequest& request = inputs.request;
  if (!request.buildpacks.empty()) return Wish{request.buildpacks, "this build's request"};
  const auto variable = request.config.find("BUILDPACK_URL");
  if (variable != request.config.end() && !variable->second.empty()) {
    return Wish{{variable->second}, "the config var BUILDPACK_URL"};
  }
  if (inputs.buildpacks_file) {
    auto lines = sources::parse_buildpacks_file(*inputs.buildpacks_file);
    if (!lines) return std::move(lines).error();
    if (!lines->empty()) return Wish{std::move(*lines), "the file .buildpacks"};
  }
  if (!request.app_buildpacks.empty()) {
    return Wish{request.app_buildpacks, "`davit buildpacks:set`"};
  }
  return Wish{inputs.app_json.buildpacks, "app.json"};
}

// Each has a folder of its own in the build.
std::string folder_name(const std::string& name, std::set<std::string>& taken) {
  std::string chosen = name;
  for (int number = 2; !taken.insert(chosen).second; ++number) {
    chosen = name + "-" + std::to_string(number);
  }
  return chosen;
}

}  // namespace

Result<Selection> choose_packs(const ChoiceInputs& inputs) {
  auto bundled = bundled_packs(inputs.config.buildpacks_dir);
  if (!bundled) return std::move(bundled).error();
  auto wish = first_wish(inputs);
  if (!wish) return std::move(wish).error();
  if (wish->sources.empty()) return Selection{SelectionKind::automatic, std::move(*bundled), {}};
  Selection selection{SelectionKind::explicitly_set, {}, wish->set_by};
  std::set<std::string> names;
  for (const std::string& text : wish->sources) {
    auto source = sources::Source::parse(text, inputs.rules);
    if (!source) {
      return fail(source.error().code, "A buildpack that {} names cannot be used: {}.",
                  wish->set_by, source.error().message);
    }
    Pack pack;
    pack.name = folder_name(source->name, names);
    pack.shown = source->shown;
    if (source->kind == sources::Source::Kind::bundled) {
      pack.source = inputs.config.buildpacks_dir + "/" + source->location;
    } else {
      pack.wanted = std::move(*source);
    }
    selection.packs.push_back(std::move(pack));
  }
  return selection;
}

bool is_catch_all(const std::string& pack) {
  return pack == "static" || pack == "procfile" || pack == "cpp";
}

}  // namespace davit::build
