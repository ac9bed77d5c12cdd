#include "dyno/protocol/cgroups.hpp"

#include <algorithm>

#include "dyno/protocol/fields.hpp"

namespace davit::dyno {
namespace {

using nlohmann::json;

// Every controller in a hierarchy of its own, and the v2 tree.
constexpr std::size_t parents_max = 16;

// Folders are made and removed below it, as root.
bool is_cgroup_folder(const std::string& path) {
  return path.starts_with('/') && path.size() > 1 && !path.ends_with('/') &&
         path.find("/../") == path.npos && !path.ends_with("/..");
}

Result<CgroupParent> parent_from_json(const json& value) {
  CgroupParent parent;
  Fields fields(value, "cgroup parent");
  fields.required("folder").text("folder", parent.folder);
  fields.strings("controllers", parent.controllers).flag("v2", parent.v2);
  if (!is_cgroup_folder(parent.folder)) fields.refuse("folder", "is not a plain absolute path");
  DAVIT_TRY(fields.result());
  return parent;
}

}  // namespace

const CgroupParent* Cgroups::with(std::string_view controller) const {
  for (const auto& parent : parents) {
    const auto& list = parent.controllers;
    if (std::find(list.begin(), list.end(), controller) != list.end()) return &parent;
  }
  return nullptr;
}

Cgroups Cgroups::below(const std::string& name) const {
  Cgroups out = *this;
  for (auto& parent : out.parents) parent.folder += "/" + name;
  return out;
}

Result<Cgroups> Cgroups::from_json(const json& list) {
  if (!list.is_array() || list.size() > parents_max) {
    return fail(Errc::invalid_argument, "'cgroups' is not a list of at most {}", parents_max);
  }
  Cgroups cgroups;
  for (const auto& item : list) {
    auto parent = parent_from_json(item);
    if (!parent) return std::move(parent).error();
    cgroups.parents.push_back(std::move(*parent));
  }
  return cgroups;
}

json Cgroups::to_json() const {
  json list = json::array();
  for (const auto& parent : parents) {
    list.push_back(
        {{"folder", parent.folder}, {"controllers", parent.controllers}, {"v2", parent.v2}});
  }
  return list;
}

}  // namespace davit::dyno
