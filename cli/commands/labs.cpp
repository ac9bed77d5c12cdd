#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

Outcome list_features(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto features = at->api.list(at->path + "/features");
  if (!features) return features.error();
  if (session.json()) {
    session.terminal().print(pretty(*features));
    return 0;
  }
  session.terminal().header("App Features " + at->name);
  for (const auto& feature : *features) {
    session.terminal().print((true_at(feature, "enabled") ? "[+] " : "[ ] ") +
                             one_line(text_at(feature, "name")) + "  " +
                             one_line(text_at(feature, "description")));
  }
  return 0;
}

Outcome set_feature(Session& session, const std::string& name, bool enabled) {
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(), (enabled ? "Enabling " : "Disabling ") + one_line(name) +
                                            " for " + session.terminal().app(at->name));
  const auto done =
      at->api.patch(at->path + "/features/" + encode_segment(name), {{"enabled", enabled}});
  if (!done) return done.error();
  progress.done();
  return 0;
}

Command switch_command(const char* name, const char* summary, bool enabled) {
  return {.name = name,
          .aliases = {std::string("features:") + (enabled ? "enable" : "disable")},
          .topic = "labs",
          .usage = "FEATURE",
          .summary = summary,
          .examples = {std::string(name) + " log-runtime-metrics"},
          .declare = [enabled](Arguments& arguments) -> Run {
            auto feature = std::make_shared<std::string>();
            arguments.argument("feature", *feature, "its name", Need::required);
            return [feature, enabled](Session& session) {
              return set_feature(session, *feature, enabled);
            };
          }};
}

}  // namespace

std::vector<Command> labs_commands() {
  return {{.name = "labs",
           .aliases = {"features", "labs:list"},
           .topic = "labs",
           .usage = {},
           .summary = "list what can be switched on for an app",
           .examples = {"labs"},
           .output = Output::text_or_json,
           .declare = [](Arguments&) -> Run {
             return [](Session& session) { return list_features(session); };
           }},
          switch_command("labs:enable", "switch a feature on", true),
          switch_command("labs:disable", "switch a feature off", false)};
}

}  // namespace davit::cli
