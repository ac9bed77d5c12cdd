#pragma once
#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "server/release/releases.hpp"

namespace davit::api {

// A PATCH /config-vars body: {"KEY": "value", "OLD": null}. Errors: invalid_argument, naming the
// variable and never its value. The limits on the whole are kept by release::apply_change.
Result<release::ConfigChange> parse_config_change(const nlohmann::json& body);

}  // namespace davit::api
