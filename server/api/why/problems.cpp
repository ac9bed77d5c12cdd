#include "server/api/why/problems.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/time_format.hpp"
#include "server/api/why/dyno_problems.hpp"

namespace davit::api {
namespace {

std::string quoted(const store::App& app) { return "app '" + app.name.str() + "'"; }

void about_build(const AppState& state, std::vector<Problem>& problems) {
  const auto& build = state.latest_build;
  if (!build || build->status != store::Status::failed) return;
  // One that was built and then failed to be released is told of as a release.
  if (state.latest && build->release == state.latest->id) return;
  const std::string serving =
      state.current && state.current->slug
          ? fmt::format(" Release v{} goes on serving.", state.current->version)
          : std::string();
  problems.push_back(
      {"B01",
       quoted(state.app),
       fmt::format("the last build, of commit {}, failed: {}.{}", build->commit.str().substr(0, 8),
                   build->failure.empty() ? "no reason was kept" : build->failure, serving),
       "read the output of your `git push`, fix it, commit, and push again",
       {}});
}

void about_latest(const AppState& state, std::vector<Problem>& problems) {
  if (!state.latest || state.latest->status == store::Status::succeeded) return;
  const store::Release& release = *state.latest;
  const std::string what = fmt::format("release v{} ({})", release.version, release.description);
  const std::string output = fmt::format("`davit releases:output v{} -a {}` shows what was said",
                                         release.version, state.app.name.str());
  if (release.status == store::Status::pending) {
    problems.push_back({"B03",
                        quoted(state.app),
                        what + " is not available yet: its release command or its start check runs",
                        output,
                        {}});
    return;
  }
  Problem problem{"B02", quoted(state.app), what + " failed", {}, {}};
  problem.next = output + "; fix it and push again, or `davit rollback`";
  if (!release.failure.empty()) problem.because.push_back(release.failure);
  if (state.current && state.current->slug) {
    problem.message += fmt::format("; v{} goes on serving", state.current->version);
  }
  problems.push_back(std::move(problem));
}

void about_release(const AppState& state, std::vector<Problem>& problems) {
  const bool building = state.latest_build && state.latest_build->status == store::Status::pending;
  if ((!state.current || !state.current->slug) && !building) {
    problems.push_back({"B00",
                        quoted(state.app),
                        "nothing has been deployed yet",
                        "run `git push davit main` in the app's repository",
                        {}});
  }
  about_latest(state, problems);
}

// No fault either, but who looks for the cause of something must know.
void about_canary(const AppState& state, std::vector<Problem>& problems) {
  if (!state.canary) return;
  const std::string app = state.app.name.str();
  problems.push_back(
      {"D22",
       quoted(state.app),
       fmt::format("release v{} is a canary: it gets {}% of the requests", state.canary->version,
                   state.canary_rules.percent),
       fmt::format("`davit releases:promote -a {}` gives it all of them, `davit releases:abort -a "
                   "{}` none",
                   app, app),
       {}});
}

// An upgrade of the distribution reached a release that was built before it.
void about_runtimes(const AppState& state, std::vector<Problem>& problems) {
  for (const auto& runtime : state.changed_runtimes) {
    problems.push_back(
        {"B04",
         quoted(state.app),
         fmt::format("release v{} was built with {} {} of the distribution ('{}'), which was "
                     "replaced since",
                     state.current->version, runtime.language, runtime.version, runtime.executable),
         "push again: `git commit --allow-empty -m rebuild && git push davit main`; an app that "
         "names a version which Davit's own store has is not touched by upgrades",
         {}});
  }
}

void about_traffic(const AppState& state, std::vector<Problem>& problems) {
  const std::string name = state.app.name.str();
  if (state.app.maintenance) {
    problems.push_back({"H80",
                        quoted(state.app),
                        "maintenance mode is on: visitors get a 503 page",
                        fmt::format("`davit maintenance:off -a {}` ends it", name),
                        {}});
  }
  if (state.app.paused_until && *state.app.paused_until > state.now) {
    const auto left =
        std::chrono::ceil<std::chrono::seconds>(*state.app.paused_until - state.now).count();
    problems.push_back({"D21",
                        quoted(state.app),
                        fmt::format("its requests are held for another {} s", left),
                        fmt::format("`davit resume -a {}` lets them go now", name),
                        {}});
  }
  if (!state.current || !state.current->slug) return;
  if (!state.current->processes.contains("web")) return;  // a worker-only app is fine
  const bool scaled = std::ranges::any_of(state.formation, [](const auto& entry) {
    return entry.type.str() == "web" && entry.quantity > 0;
  });
  if (scaled) return;
  problems.push_back({"H14",
                      quoted(state.app),
                      "visitors get a 503 page",
                      fmt::format("`davit ps:scale web=1 -a {}` starts one", name),
                      {"no web dyno is wanted: web is scaled to 0"}});
}

// A job whose last run failed, until one succeeds.
void about_cron(const AppState& state, std::vector<Problem>& problems) {
  const std::string app = state.app.name.str();
  for (const CronView& view : state.cron_jobs) {
    if (!view.record || view.record->failure.empty()) continue;
    const store::CronRecord& run = *view.record;
    problems.push_back(
        {"D30",
         "cron job " + run.job + " of " + quoted(state.app),
         fmt::format("its last run, at {}, failed: `{}`", iso8601(*run.started_at),
                     printable(view.job.command, 80)),
         fmt::format("`davit logs --dyno {} -a {}` shows what it said; `davit cron:run {} -a {}` "
                     "tries again",
                     run.dyno.empty() ? "cron" : run.dyno, app, run.job, app),
         {run.failure}});
  }
}

}  // namespace

std::vector<Problem> find_problems(const AppState& state) {
  std::vector<Problem> problems;
  about_build(state, problems);
  about_release(state, problems);
  about_canary(state, problems);
  about_runtimes(state, problems);
  about_traffic(state, problems);
  find_dyno_problems(state, problems);
  about_cron(state, problems);
  return problems;
}

}  // namespace davit::api
