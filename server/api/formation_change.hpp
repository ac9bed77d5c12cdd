#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/records.hpp"

namespace davit::api {

struct Quantity {
  std::int64_t value = 0;
  bool relative = false;  // "+1", "-1"
};

struct FormationUpdate {
  std::string type;  // as the client wrote it: a process type, or a formation's id
  std::optional<Quantity> quantity;
  std::optional<std::string> size;  // as stored
};

// {"updates":[{"type","quantity","size"}]}; quantity is a number or a string, as tools send it. Errors:
// invalid_argument with the field's path.
Result<std::vector<FormationUpdate>> parse_formation_batch(const nlohmann::json& body);
// {"quantity","size"} for one type.
Result<FormationUpdate> parse_formation_update(const nlohmann::json& body, std::string type);

// Every process type of a release, with what the store keeps for it or nothing running.
std::vector<store::FormationEntry> full_formation(const AppId& app,
                                                  const store::ProcessTypes& processes,
                                                  const std::vector<store::FormationEntry>& kept);
// The formation after the updates. Errors: invalid_argument for a type that the release does not have (naming those it
// has) and for quantities outside 0…100.
Result<std::vector<store::FormationEntry>> apply_updates(
    std::vector<store::FormationEntry> formation, const std::vector<FormationUpdate>& updates);

std::string formation_id(const AppId& app, const ProcessType& type);

}  // namespace davit::api
