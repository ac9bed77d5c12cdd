#include "server/api/dynos/cron_jobs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "base/time_format.hpp"
#include "server/api/shape/objects.hpp"
#include "server/app_json/schedule.hpp"

namespace davit::api {
namespace {

using nlohmann::json;

json time_json(const std::optional<WallTime>& time) {
  return time ? json(iso8601(*time)) : json(nullptr);
}

json run_json(const store::CronRecord& run) {
  json dyno, exit_code, failure;
  if (!run.dyno.empty()) dyno = run.dyno;
  if (run.ended_at) exit_code = run.exit_code;
  if (!run.failure.empty()) failure = to_valid_utf8(run.failure);
  const char* status = !run.ended_at ? "running" : run.failure.empty() ? "succeeded" : "failed";
  return {{"status", status},
          {"started_at", time_json(run.started_at)},
          {"ended_at", time_json(run.ended_at)},
          {"dyno", std::move(dyno)},
          {"release", {{"version", run.release_version}}},
          {"exit_code", std::move(exit_code)},
          {"failure", std::move(failure)}};
}

}  // namespace

std::vector<CronView> cron_views(const store::Stores& stores, const AppId& app) {
  std::vector<CronView> views;
  const auto release = stores.releases.current(app);
  if (!release || !release->slug) return views;
  const auto slug = stores.slugs.find(*release->slug);
  if (!slug || slug->cron.empty()) return views;
  const auto records = stores.crons.list(app);
  for (auto& job : app_json::cron_jobs(slug->cron)) {
    CronView view{std::move(job), std::nullopt};
    const auto found = std::ranges::find(records, view.job.id(), &store::CronRecord::job);
    if (found != records.end()) view.record = *found;
    views.push_back(std::move(view));
  }
  return views;
}

json cron_json(const CronView& view, const store::App& app, WallTime now) {
  json next, run, skipped;
  const auto schedule = app_json::Schedule::parse(view.job.schedule);
  if (schedule && !view.job.maintenance) next = iso8601(schedule->next_after(now));
  if (view.record && view.record->started_at) run = run_json(*view.record);
  if (view.record && view.record->skipped_at) {
    skipped = {{"at", iso8601(*view.record->skipped_at)},
               {"reason", to_valid_utf8(view.record->skip_reason)}};
  }
  return {{"id", view.job.id()},
          {"app", app_ref(app)},
          {"command", to_valid_utf8(view.job.command)},
          {"schedule", to_valid_utf8(view.job.schedule)},
          {"maintenance", view.job.maintenance},
          {"next_run_at", std::move(next)},
          {"last_run", std::move(run)},
          {"last_skip", std::move(skipped)}};
}

}  // namespace davit::api
