// Dynos that sleep while nobody asks for them, and formations that follow their load.
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : one_line(text); }

std::string sleep_of(const nlohmann::json& entry) {
  const std::string after = text_at(entry, "sleep_after");
  return after.empty() ? "never" : "after " + one_line(after) + " without a request";
}

std::string scaling_of(const nlohmann::json& entry) {
  if (text_at(entry, "autoscale.max").empty()) return "off";
  const bool queue = text_at(entry, "autoscale.measure") == "queue";
  return text_at(entry, "autoscale.min") + " to " + text_at(entry, "autoscale.max") +
         " dynos, p95 " + (queue ? "wait" : "response time") + " below " +
         or_dash(text_at(entry, "autoscale.target"));
}

Outcome show_web(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto entry = at->api.get(at->path + "/formation/web");
  if (!entry) return entry.error();
  if (session.json()) {
    session.terminal().print(pretty(*entry));
  } else {
    print_fields(session.terminal(),
                 {{"Sleep", sleep_of(*entry)}, {"Autoscaling", scaling_of(*entry)}});
  }
  return 0;
}

Outcome change_web(Session& session, const std::string& type, const nlohmann::json& update,
                   const std::string& doing) {
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(), doing + " on " + session.terminal().app(at->name));
  const auto entry = at->api.patch(at->path + "/formation/" + encode_segment(type), update);
  if (!entry) return entry.error();
  progress.done();
  if (session.json()) session.terminal().print(pretty(*entry));
  return 0;
}

struct SleepOptions {
  std::string type = "web";
  std::string after;
  bool off = false;
};

Outcome set_sleep(Session& session, const SleepOptions& options) {
  if (options.off == !options.after.empty()) {
    if (!options.off) return show_web(session);
    return fail(Errc::invalid_argument, "say either --after or --off");
  }
  nlohmann::json update = nlohmann::json::object();
  update["sleep_after"] = options.off ? nlohmann::json() : nlohmann::json(options.after);
  return change_web(session, options.type, update,
                    options.off ? "Keeping " + one_line(options.type) + " awake"
                                : "Setting " + one_line(options.type) + " to sleep after " +
                                      one_line(options.after) + " without a request");
}

struct ScaleOptions {
  std::string type = "web";
  int min = 1;
  int max = 0;
  std::string response;
  std::string queue;
};

Outcome enable_autoscale(Session& session, const ScaleOptions& options) {
  if (options.max == 0 || options.response.empty() == options.queue.empty()) {
    return fail(Errc::invalid_argument,
                "say how far and for what: `davit ps:autoscale:enable {} --min 1 --max 4 --p95 "
                "300ms`, or --queue 50ms",
                one_line(options.type));
  }
  const bool queue = options.response.empty();
  const nlohmann::json autoscale{{"min", options.min},
                                 {"max", options.max},
                                 {"measure", queue ? "queue" : "response"},
                                 {"target", queue ? options.queue : options.response}};
  nlohmann::json update = nlohmann::json::object();
  update["autoscale"] = autoscale;
  return change_web(session, options.type, update,
                    "Enabling autoscaling of " + one_line(options.type));
}

Outcome disable_autoscale(Session& session, const std::string& type) {
  nlohmann::json update = nlohmann::json::object();
  update["autoscale"] = nullptr;
  return change_web(session, type, update, "Disabling autoscaling of " + one_line(type));
}

Run declare_sleep(Arguments& arguments) {
  auto options = std::make_shared<SleepOptions>();
  arguments.argument("type", options->type, "the process type: web");
  arguments.option("--after", "TIME", options->after, "without a request for so long: 30m, 2h");
  arguments.flag("--off", options->off, "never sleep");
  return [options](Session& session) { return set_sleep(session, *options); };
}

Run declare_enable(Arguments& arguments) {
  auto options = std::make_shared<ScaleOptions>();
  arguments.argument("type", options->type, "the process type: web");
  arguments.number("--min", "N", options->min, {1, 100}, "never fewer dynos (1)");
  arguments.number("--max", "N", options->max, {1, 100}, "never more");
  arguments.option("--p95", "TIME", options->response,
                   "95 of 100 requests shall be answered within: 300ms");
  arguments.option("--queue", "TIME", options->queue,
                   "95 of 100 requests shall wait for a dyno no longer than: 50ms");
  return [options](Session& session) { return enable_autoscale(session, *options); };
}

}  // namespace

std::vector<Command> rest_and_scale_commands() {
  return {
      {.name = "ps:sleep",
       .aliases = {},
       .topic = "ps",
       .usage = "[TYPE] [--after TIME | --off]",
       .summary = "let web dynos sleep while nobody asks for them; show it when nothing is given",
       .examples = {"ps:sleep web --after 30m", "ps:sleep web --off", "ps:sleep"},
       .output = Output::text_or_json,
       .declare = declare_sleep},
      {.name = "ps:autoscale:enable",
       .aliases = {},
       .topic = "ps",
       .usage = "[TYPE] --max N --p95 TIME",
       .summary = "let the number of web dynos follow how fast they answer",
       .examples = {"ps:autoscale:enable web --min 1 --max 4 --p95 300ms",
                    "ps:autoscale:enable --max 8 --queue 50ms"},
       .output = Output::text_or_json,
       .declare = declare_enable},
      {.name = "ps:autoscale:disable",
       .aliases = {},
       .topic = "ps",
       .usage = "[TYPE]",
       .summary = "keep the number of web dynos as it is now",
       .examples = {"ps:autoscale:disable web"},
       .declare = [](Arguments& arguments) -> Run {
         auto type = std::make_shared<std::string>("web");
         arguments.argument("type", *type, "the process type: web");
         return [type](Session& session) { return disable_autoscale(session, *type); };
       }},
  };
}

}  // namespace davit::cli
