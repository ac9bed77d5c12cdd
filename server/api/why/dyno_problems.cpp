#include "server/api/why/dyno_problems.hpp"

#include <algorithm>
#include <cctype>

#include "server/supervisor/plan.hpp"

namespace davit::api {
namespace {

using supervisor::DynoState;
using supervisor::DynoView;

constexpr std::uint64_t mb = 1024 * 1024;

bool is_web(const DynoView& dyno) { return dyno.name.type.str() == supervisor::web_type; }

std::string subject_of(const DynoView& dyno, const AppState& state) {
  return fmt::format("dyno {} of app '{}'", dyno.name.str(), state.app.name.str());
}

// What a shell's exit status usually means.
std::string meaning_of_status(const std::string& reason, const std::string& command) {
  const auto ends = [&](const char* status) {
    return reason.ends_with(std::string("exited with status ") + status);
  };
  if (ends("127"))
    return fmt::format("its command `{}`, or one that it calls, was not found", command);
  if (ends("126")) return fmt::format("its command `{}` may not be executed", command);
  if (ends("137")) return "something killed it with SIGKILL";
  if (ends("139")) return "it crashed with a segmentation fault";
  if (ends("0")) return "its command came to its end, and a dyno is meant to run on";
  return {};
}

std::string larger_size(const DynoView& dyno, const AppState& state) {
  const std::string type = dyno.name.type.str();
  const bool in_formation = std::ranges::any_of(
      state.formation, [&](const auto& entry) { return entry.type == dyno.name.type; });
  if (!in_formation) return "run its command again with `--size large`";
  return fmt::format("`davit ps:type {}=large -a {}`", type, state.app.name.str());
}

// What to do, by what went wrong.
std::string fix_for(const DynoView& dyno, const AppState& state) {
  const std::string code = code_in(dyno.reason);
  const std::string app = state.app.name.str();
  if (code == "R10") {
    return "listen on the port in $PORT, on every interface or on 127.0.0.1; if the app only needs "
           "longer, the admin raises boot_timeout in davit.toml";
  }
  if (code == "R15" || code == "R14") {
    return "use less memory, or give it more: " + larger_size(dyno, state);
  }
  if (code == "R22") {
    return "write less into the dyno (it is gone with every restart anyway), or give it more: " +
           larger_size(dyno, state);
  }
  if (code == "R20" || code == "R21") {
    return fmt::format(
        "see what the path answers: `davit logs --dyno {} -a {}`; the check is in the "
        "app's app.json under healthchecks",
        dyno.name.str(), app);
  }
  return fmt::format(
      "`davit logs --dyno {} -a {}` shows its last output; a push, `davit rollback` or "
      "`davit ps:restart {}` starts it anew",
      dyno.name.str(), app, dyno.name.str());
}

std::string wait_text(const DynoView& dyno, WallTime now) {
  if (!dyno.retry_at) return {};
  const auto left = std::chrono::ceil<std::chrono::seconds>(*dyno.retry_at - now).count();
  const std::string when = left > 0 ? fmt::format("in {} s", left) : std::string("now");
  if (dyno.crashes <= 1) return fmt::format("it is started again {}", when);
  return fmt::format("it crashed {} times in a row, so its next start is {}", dyno.crashes, when);
}

bool older_release_serves(const AppState& state) {
  return state.current && std::ranges::any_of(state.dynos, [&](const DynoView& dyno) {
           const bool canary = state.canary && dyno.release == state.canary->id;
           return is_web(dyno) && dyno.state == DynoState::up &&
                  dyno.release != state.current->id && !canary;
         });
}

void about_crashed(const DynoView& dyno, const AppState& state, std::vector<Problem>& problems) {
  const std::string code = code_in(dyno.reason);
  Problem problem;
  problem.code = code.empty() ? "D10" : code;
  problem.subject = subject_of(dyno, state);
  problem.message =
      fmt::format("crashed: {}", dyno.reason.empty() ? "no reason is known" : dyno.reason);
  problem.next = fix_for(dyno, state);
  for (std::string text :
       {meaning_of_status(dyno.reason, dyno.command), wait_text(dyno, state.now)}) {
    if (!text.empty()) problem.because.push_back(std::move(text));
  }
  problems.push_back(std::move(problem));
}

void about_one(const DynoView& dyno, const AppState& state, std::vector<Problem>& problems) {
  const std::string app = state.app.name.str();
  if (dyno.state == DynoState::crashed) return about_crashed(dyno, state, problems);
  if (dyno.state == DynoState::idle) {
    problems.push_back({"D20",
                        subject_of(dyno, state),
                        "sleeps, which is no fault: " + dyno.reason,
                        fmt::format("`davit ps:sleep web --off -a {}` keeps it awake", app),
                        {}});
    return;
  }
  if (dyno.state == DynoState::down) {
    problems.push_back({"D11",
                        subject_of(dyno, state),
                        "does not run: it was stopped by its owner",
                        fmt::format("`davit ps:restart {} -a {}` starts it", dyno.name.str(), app),
                        {}});
    return;
  }
  if (dyno.over_memory) {
    const std::uint64_t quota =
        state.sizes != nullptr ? state.sizes->or_standard(dyno.size).memory_bytes / mb : 0;
    problems.push_back({"R14",
                        subject_of(dyno, state),
                        "uses more memory than its size allows, and is slowed down",
                        "use less memory, or give it more: " + larger_size(dyno, state),
                        {fmt::format("its size {} allows {} MB", dyno.size, quota)}});
  }
  const bool failing = dyno.state == DynoState::stopping && !code_in(dyno.reason).empty();
  if (failing) {
    problems.push_back({code_in(dyno.reason),
                        subject_of(dyno, state),
                        fmt::format("is being stopped: {}", dyno.reason),
                        fix_for(dyno, state),
                        {}});
  }
}

// What visitors see where no web dyno takes their requests.
void about_visitors(const AppState& state, std::vector<Problem>& problems) {
  const bool any_up = std::ranges::any_of(state.dynos, [](const DynoView& dyno) {
    return is_web(dyno) && (dyno.state == DynoState::up || dyno.state == DynoState::idle);
  });
  const bool starting = std::ranges::any_of(state.dynos, [](const DynoView& dyno) {
    return is_web(dyno) && dyno.state == DynoState::starting;
  });
  std::vector<std::string> because;
  for (const DynoView& dyno : state.dynos) {
    if (!is_web(dyno) || dyno.state != DynoState::crashed) continue;
    because.push_back(fmt::format("{} crashed: {}", dyno.name.str(), dyno.reason));
  }
  if (because.empty()) return;
  if (any_up) {
    if (!older_release_serves(state)) return;
    problems.push_back(
        {"D12", fmt::format("app '{}'", state.app.name.str()),
         fmt::format("release v{} is not served: an older one goes on", state.current->version),
         "fix the crash and push again, or `davit rollback`", std::move(because)});
    return;
  }
  because.insert(because.begin(), "no web dyno is up");
  problems.push_back({"H10", fmt::format("app '{}'", state.app.name.str()),
                      starting ? "visitors wait for a dyno that is starting again"
                               : "visitors get a 503 page (H10)",
                      "what is said of the crashed dynos helps here too", std::move(because)});
}

void about_formation(const AppState& state, std::vector<Problem>& problems) {
  const std::string app = state.app.name.str();
  for (const auto& entry : state.formation) {
    const std::string type = entry.type.str();
    if (state.sizes != nullptr && !state.sizes->has(entry.size)) {
      problems.push_back(
          {"D13",
           fmt::format("process type {} of app '{}'", type, app),
           fmt::format("its size '{}' is not defined any more: its dynos run as standard",
                       entry.size),
           fmt::format("`davit ps:type {}=standard -a {}`, or one of: {}", type, app,
                       state.sizes->names()),
           {}});
    }
    const bool has_command = state.current && state.current->processes.contains(type);
    if (entry.quantity > 0 && state.current && state.current->slug && !has_command) {
      problems.push_back(
          {"D14",
           fmt::format("process type {} of app '{}'", type, app),
           fmt::format("{} dynos are wanted and none runs", entry.quantity),
           fmt::format("add `{}: COMMAND` to the Procfile and push, or `davit ps:scale "
                       "{}=0 -a {}`",
                       type, type, app),
           {fmt::format("release v{} has no process type '{}'", state.current->version, type)}});
    }
  }
}

}  // namespace

std::string code_in(const std::string& reason) {
  const auto digit = [&](std::size_t i) {
    return std::isdigit(static_cast<unsigned char>(reason[i])) != 0;
  };
  const bool has = reason.size() >= 3 &&
                   (reason[0] == 'R' || reason[0] == 'H' || reason[0] == 'D') && digit(1) &&
                   digit(2);
  return has ? reason.substr(0, 3) : std::string();
}

void find_dyno_problems(const AppState& state, std::vector<Problem>& problems) {
  about_formation(state, problems);
  for (const DynoView& dyno : state.dynos) about_one(dyno, state, problems);
  about_visitors(state, problems);
}

}  // namespace davit::api
