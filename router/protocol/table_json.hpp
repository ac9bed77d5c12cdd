#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "router/protocol/table.hpp"

// One app's part of a table. For source files of this folder only.
namespace davit::router {

Result<AppRoute> read_app(const nlohmann::json& object, std::string path);
nlohmann::json app_to_json(const AppRoute& app);

}  // namespace davit::router
