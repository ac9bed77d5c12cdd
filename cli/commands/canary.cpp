// Releases that get a share of the requests before they get all of them.
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

std::string setting_of(const nlohmann::json& canary) {
  const std::string percent = one_line(text_at(canary, "percent"));
  if (percent.empty()) return "off: new releases get all requests at once";
  const std::string after = one_line(text_at(canary, "promote_after"));
  return "new releases begin with " + percent + "% of requests, " +
         (after.empty() ? "until they are promoted" : "and get all of them after " + after);
}

std::string running_of(const nlohmann::json& canary) {
  const std::string version = one_line(text_at(canary, "release.version"));
  if (version.empty()) return "none";
  const std::string at = text_at(canary, "release.promote_at");
  return "v" + version + ", " + one_line(text_at(canary, "release.percent")) + "% of requests" +
         (at.empty() ? "" : ", all of them at " + time_only(at));
}

void print_canary(Session& session, const nlohmann::json& canary) {
  if (session.json()) return session.terminal().print(pretty(canary));
  print_fields(session.terminal(),
               {{"Setting", setting_of(canary)}, {"Canary now", running_of(canary)}});
}

// "10%" or "10"; "off".
Result<nlohmann::json> wanted_setting(const std::string& share, const std::string& after) {
  nlohmann::json update{{"percent", nullptr}, {"promote_after", nullptr}};
  if (!after.empty()) update["promote_after"] = after;
  if (share == "off") return json_result(std::move(update));
  const std::string digits = share.ends_with('%') ? share.substr(0, share.size() - 1) : share;
  int percent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
  if (error != std::errc() || end != digits.data() + digits.size() || percent < 1 || percent > 99) {
    return fail(Errc::invalid_argument, "'{}' is no share: say 1% to 99%, or off", one_line(share));
  }
  update["percent"] = percent;
  return json_result(std::move(update));
}

struct CanaryEnd {
  const char* action;  // the API's word
  const char* doing;   // ours
  std::string version;
};

struct CanaryOptions {
  std::string share;
  std::string after;
};

Outcome canary(Session& session, const CanaryOptions& options) {
  if (options.share.empty() && !options.after.empty()) {
    return fail(Errc::invalid_argument, "--after goes with a share: `davit releases:canary 10% {}`",
                "--after " + one_line(options.after));
  }
  const auto update = options.share.empty() ? json_result(nlohmann::json())
                                            : wanted_setting(options.share, options.after);
  if (!update) return update.error();
  const auto at = session.the_app();
  if (!at) return at.error();
  const std::string path = at->path + "/canary";
  const auto told = update->is_null() ? at->api.get(path) : at->api.patch(path, *update);
  if (!told) return told.error();
  print_canary(session, *told);
  return 0;
}

// The one that serves now; `word` ("v12", "12" or nothing) says which one its owner means.
Result<nlohmann::json> canary_now(const TheApp& at, const std::string& word) {
  const auto canary = at.api.get(at.path + "/canary");
  if (!canary) return canary.error();
  const std::string version = text_at(*canary, "release.version");
  if (version.empty()) {
    return fail(Errc::not_found,
                "no canary serves now: `davit releases:canary 10%` makes one of the next release");
  }
  if (!word.empty() && word != version && word != "v" + version) {
    return fail(Errc::conflict, "{} is not the canary now, v{} is", one_line(word), version);
  }
  return json_result(canary->at("release"));
}

// Says which one it is that shall end: by then another may have taken its place.
Outcome end_canary(Session& session, const CanaryEnd& end) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto canary = canary_now(*at, end.version);
  if (!canary) return canary.error();
  Progress progress(session.terminal(), std::string(end.doing) + " canary v" +
                                            text_at(*canary, "version") + " of " +
                                            session.terminal().app(at->name));
  const auto release = at->api.post(at->path + "/canary/actions/" + end.action,
                                    {{"release", text_at(*canary, "id")}});
  if (!release) return release.error();
  progress.done("done, v" + text_at(*release, "version"));
  if (session.json()) session.terminal().print(pretty(*release));
  return 0;
}

// releases:promote and releases:abort.
std::function<Run(Arguments&)> ending(const char* action, const char* doing) {
  return [action, doing](Arguments& arguments) -> Run {
    auto end = std::make_shared<CanaryEnd>(CanaryEnd{action, doing, {}});
    arguments.argument("version", end->version, "only if this is the canary: v12");
    return [end](Session& session) { return end_canary(session, *end); };
  };
}

}  // namespace

std::vector<Command> canary_commands() {
  return {
      {.name = "releases:canary",
       .aliases = {},
       .topic = "releases",
       .usage = "[SHARE|off]",
       .summary = "let new releases begin with a share of the web requests; show it without one",
       .examples = {"releases:canary 10%", "releases:canary 10% --after 15m",
                    "releases:canary off"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto options = std::make_shared<CanaryOptions>();
         arguments.argument("share", options->share, "1% to 99% of the requests, or off");
         arguments.option("--after", "TIME", options->after,
                          "promote it by itself when it has served for so long: 15m, 2h");
         return [options](Session& session) { return canary(session, *options); };
       }},
      {.name = "releases:promote",
       .aliases = {},
       .topic = "releases",
       .usage = "[VERSION]",
       .summary = "give the canary all requests: it becomes the current release",
       .examples = {"releases:promote", "releases:promote v12"},
       .output = Output::text_or_json,
       .declare = ending("promote", "Promoting")},
      {.name = "releases:abort",
       .aliases = {},
       .topic = "releases",
       .usage = "[VERSION]",
       .summary = "take the canary back: the current release gets all requests again",
       .examples = {"releases:abort", "releases:abort v12"},
       .output = Output::text_or_json,
       .declare = ending("abort", "Taking back")},
  };
}

}  // namespace davit::cli
