#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"

namespace davit::cli {
namespace {

Outcome status(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto app = at->api.get(at->path);
  if (!app) return app.error();
  session.terminal().print(true_at(*app, "maintenance") ? "on" : "off");
  return 0;
}

Outcome change(Session& session, bool on) {
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(), std::string(on ? "Enabling" : "Disabling") +
                                            " maintenance mode for " +
                                            session.terminal().app(at->name));
  const auto app = at->api.patch(at->path, {{"maintenance", on}});
  if (!app) return app.error();
  progress.done();
  return 0;
}

}  // namespace

std::vector<Command> maintenance_commands() {
  return {
      {.name = "maintenance",
       .aliases = {"maintenance:status"},
       .topic = "maintenance",
       .usage = {},
       .summary = "tell whether maintenance mode is on",
       .examples = {},
       .declare = [](Arguments&) -> Run { return status; }},
      {.name = "maintenance:on",
       .aliases = {},
       .topic = "maintenance",
       .usage = {},
       .summary = "show visitors a maintenance page",
       .examples = {},
       .declare = [](Arguments&) -> Run {
         return [](Session& session) { return change(session, true); };
       }},
      {.name = "maintenance:off",
       .aliases = {},
       .topic = "maintenance",
       .usage = {},
       .summary = "let visitors in again",
       .examples = {},
       .declare = [](Arguments&) -> Run {
         return [](Session& session) { return change(session, false); };
       }},
  };
}

}  // namespace davit::cli
