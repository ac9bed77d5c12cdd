#pragma once
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "server/app_json/app_json.hpp"

namespace davit::app_json {

// app.json's cron. Internal to this folder.
Result<> read_cron(const nlohmann::json& json, AppJson& out);

}  // namespace davit::app_json
