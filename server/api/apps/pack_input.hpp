#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/sources/source.hpp"

namespace davit::api {

// The buildpacks that a body names: `field` is a list of objects, each with its pack in the first
// of `keys` that it has. Each as it was written, checked, and not fetched. Errors name the place.
struct PackInput {
  std::string field;
  std::vector<std::string> keys;
};
Result<std::vector<std::string>> read_packs(const nlohmann::json& body, const PackInput& input,
                                            const sources::Rules& rules);

}  // namespace davit::api
