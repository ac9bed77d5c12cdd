#include "server/api/problems.hpp"

#include <algorithm>
#include <cctype>

namespace davit::api {
namespace {

std::string quoted(const store::App& app) { return "app '" + app.name.str() + "'"; }

// A reason that starts with a code ("R10 boot timeout …") says best what it is.
std::string code_in(const std::string& reason) {
  const auto digit = [&](std::size_t i) {
    return std::isdigit(static_cast<unsigned char>(reason[i])) != 0;
  };
  const bool has = reason.size() >= 3 && (reason[0] == 'R' || reason[0] == 'H' || reason[0] == 'D') &&
                   digit(1) && digit(2);
  return has ? reason.substr(0, 3) : std::string();
}

void about_build(const AppState& state, std::vector<Problem>& problems) {
  const auto& build = state.latest_build;
  if (!build || build->status != store::Status::failed) return;
  const std::string serving = state.current && state.current->slug
                                  ? fmt::format(" Release v{} goes on serving.", state.current->version)
                                  : std::string();
  problems.push_back({"B01", quoted(state.app),
                      fmt::format("the last build, of commit {}, failed: {}.{}",
                                  build->commit.str().substr(0, 8),
                                  build->failure.empty() ? "no reason was kept" : build->failure,
                                  serving),
                      "read the output of your `git push`, fix it, commit, and push again"});
}

void about_release(const AppState& state, std::vector<Problem>& problems) {
  if (!state.current || !state.current->slug) {
    const bool building =
        state.latest_build && state.latest_build->status == store::Status::pending;
    if (building) return;
    problems.push_back({"B00", quoted(state.app), "nothing has been deployed yet",
                        "run `git push davit main` in the app's repository"});
  }
  if (state.latest && state.latest->status == store::Status::failed) {
    problems.push_back({"B02", quoted(state.app),
                        fmt::format("release v{} ({}) failed", state.latest->version,
                                    state.latest->description),
                        "`davit logs` shows why; fix it and push again, or `davit rollback`"});
  }
}

void about_dynos(const AppState& state, std::vector<Problem>& problems) {
  for (const auto& dyno : state.dynos) {
    if (dyno.state != supervisor::DynoState::crashed) continue;
    const std::string found = code_in(dyno.reason);
    const bool web = dyno.name.type.str() == "web";
    problems.push_back(
        {!found.empty() ? found : (web ? "H10" : "D10"),
         fmt::format("dyno {} of {}", dyno.name.str(), quoted(state.app)),
         fmt::format("crashed: {}", dyno.reason.empty() ? "no reason is known" : dyno.reason),
         fmt::format("`davit logs --dyno {} -a {}` shows its last output", dyno.name.str(),
                     state.app.name.str())});
  }
}

void about_traffic(const AppState& state, std::vector<Problem>& problems) {
  const std::string name = state.app.name.str();
  if (state.app.maintenance) {
    problems.push_back({"H80", quoted(state.app), "maintenance mode is on: visitors get a 503 page",
                        fmt::format("`davit maintenance:off -a {}` ends it", name)});
  }
  if (!state.current || !state.current->slug) return;
  if (!state.current->processes.contains("web")) return;  // a worker-only app is fine
  const bool scaled = std::ranges::any_of(state.formation, [](const auto& entry) {
    return entry.type.str() == "web" && entry.quantity > 0;
  });
  if (scaled) return;
  problems.push_back({"H14", quoted(state.app), "no web dyno is wanted: visitors get a 503 page",
                      fmt::format("`davit ps:scale web=1 -a {}` starts one", name)});
}

}  // namespace

std::vector<Problem> find_problems(const AppState& state) {
  std::vector<Problem> problems;
  about_build(state, problems);
  about_release(state, problems);
  about_traffic(state, problems);
  about_dynos(state, problems);
  return problems;
}

}  // namespace davit::api
