#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/supervisor/sizes.hpp"
#include "store/records.hpp"

namespace davit::api {

struct Quantity {
  std::int64_t value = 0;
  bool relative = false;  // "+1", "-1"
};

struct FormationUpdate {
  std::string type;  // as the client wrote it: a process type, or a formation's id
  std::optional<Quantity> quantity;
  std::optional<std::string> size;  // as the client wrote it
  // How dynos are replaced (supervisor/rollout.hpp); "" goes back to the type's default.
  std::optional<std::string> max_surge;
  std::optional<std::string> max_unavailable;
  std::optional<std::int64_t> sleep_after_ms;      // 0: off
  std::optional<store::AutoscaleEntry> autoscale;  // max 0: off
};

// {"updates":[{"type","quantity","size","strategy":{"max_surge","max_unavailable"}}]}; numbers may
// be text, as tools send them. Errors: invalid_argument with the field's path.
Result<std::vector<FormationUpdate>> parse_formation_batch(const nlohmann::json& body);
// {"quantity","size","strategy","sleep_after","autoscale"} for one type.
Result<FormationUpdate> parse_formation_update(const nlohmann::json& body, std::string type);

// Every process type of a release, with what the store keeps for it or nothing running.
std::vector<store::FormationEntry> full_formation(const AppId& app,
                                                  const store::ProcessTypes& processes,
                                                  const std::vector<store::FormationEntry>& kept);
// The formation after the updates. Errors: invalid_argument for a type that the release does not
// have (naming those it has), for quantities outside 0…100, for a size that is not in the catalog
// (naming those that are), and for a strategy that would never replace anything.
Result<std::vector<store::FormationEntry>> apply_updates(
    std::vector<store::FormationEntry> formation, const std::vector<FormationUpdate>& updates,
    const supervisor::SizeCatalog& sizes);

std::string formation_id(const AppId& app, const ProcessType& type);

}  // namespace davit::api
