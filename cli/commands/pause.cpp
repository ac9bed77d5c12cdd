#include <nlohmann/json.hpp>

#include "base/duration.hpp"
#include "cli/commands/commands.hpp"
#include "cli/session.hpp"

namespace davit::cli {
namespace {

using std::chrono::milliseconds;

constexpr DurationRange pause_range{milliseconds(1'000), milliseconds(60'000)};

Outcome pause(Session& session, const std::string& time) {
  const auto wanted = parse_duration(time, pause_range);
  if (!wanted) return wanted.error();
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(), "Holding requests to " + session.terminal().app(at->name) +
                                            " for " + format_duration(*wanted));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*wanted).count();
  const auto held = at->api.post(at->path + "/actions/pause", {{"seconds", seconds}});
  if (!held) return held.error();
  progress.done();
  return 0;
}

Outcome resume(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(),
                    "Letting requests go on to " + session.terminal().app(at->name));
  const auto resumed = at->api.post(at->path + "/actions/resume", nlohmann::json::object());
  if (!resumed) return resumed.error();
  progress.done();
  return 0;
}

}  // namespace

std::vector<Command> pause_commands() {
  return {
      {.name = "pause",
       .aliases = {},
       .topic = "maintenance",
       .usage = {},
       .summary = "hold an app's requests for a moment, at most 60s; none fails, all wait",
       .examples = {"pause --for 20s"},
       .declare = [](Arguments& arguments) -> Run {
         auto time = std::make_shared<std::string>("30s");
         arguments.option("--for", "TIME", *time, "how long: 1s to 60s (30s)");
         return [time](Session& session) { return pause(session, *time); };
       }},
      {.name = "resume",
       .aliases = {"unpause"},
       .topic = "maintenance",
       .usage = {},
       .summary = "let the requests that `pause` holds go on now",
       .examples = {},
       .declare = [](Arguments&) -> Run { return resume; }},
  };
}

}  // namespace davit::cli
