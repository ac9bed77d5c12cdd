#pragma once
#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "server/release/releases.hpp"
#include "store/records.hpp"

namespace davit::api {

// A PATCH /config-vars body: {"KEY": "value", "OLD": null}. Errors: invalid_argument, naming the variable and never
// its value.
Result<release::ConfigChange> parse_config_change(const nlohmann::json& body);

// Whether the whole config after the change is within the limits. Errors: invalid_argument.
Result<> check_config_limits(const store::ConfigVars& config, const release::ConfigChange& change);

}  // namespace davit::api
