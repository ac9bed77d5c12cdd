#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "server/app_json/app_json.hpp"
#include "store/stores.hpp"

namespace davit::api {

// A cron job of an app's current release, and what became of it.
struct CronView {
  app_json::CronJob job;
  std::optional<store::CronRecord> record;  // nullopt: it was never due
};

// Store thread. In app.json's order; none before the first deploy.
std::vector<CronView> cron_views(const store::Stores& stores, const AppId& app);

nlohmann::json cron_json(const CronView& view, const store::App& app, WallTime now);

}  // namespace davit::api
