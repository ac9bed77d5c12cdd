#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/api/dynos/cron_jobs.hpp"
#include "server/supervisor/sizes.hpp"
#include "server/supervisor/supervisor.hpp"
#include "store/records.hpp"

namespace davit::api {

// One thing that is not as it should be, the chain of its causes, and what to do about it.
struct Problem {
  std::string code;                  // H…, R…, B…, D…: stable
  std::string subject;               // "app 'blog'", "dyno web.1 of app 'blog'"
  std::string message;               // what is to be seen
  std::string next;                  // what to do
  std::vector<std::string> because;  // each the cause of the one before it
};

// All that is known of one app at a moment.
struct AppState {
  store::App app;
  std::optional<store::Release> current;  // newest that succeeded
  std::optional<store::Release> latest;
  std::optional<store::Release> canary;  // that serves beside the current one
  store::CanaryRecord canary_rules;
  std::optional<store::Build> latest_build;
  std::vector<store::FormationEntry> formation;
  std::vector<supervisor::DynoView> dynos;
  // Of the current release: those of the distribution that were replaced since it was built.
  std::vector<store::ReleaseRuntime> changed_runtimes;
  std::vector<CronView> cron_jobs;
  const supervisor::SizeCatalog* sizes = nullptr;
  WallTime now;
};

// Pure. What came first in the life of a release comes first. Empty: all is well.
std::vector<Problem> find_problems(const AppState& state);

}  // namespace davit::api
