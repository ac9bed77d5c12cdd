#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

// A migration may be silent for long; after an hour it is stopped.
constexpr HttpTimeouts release_timeouts{std::chrono::seconds(10), std::chrono::minutes(61)};

std::string described(const Terminal& terminal, const nlohmann::json& release) {
  const std::string status = text_at(release, "status");
  std::string text = text_at(release, "description");
  if (status == "failed") {
    const std::string why = one_line(text_at(release, "failure"));
    text += " " + terminal.paint(Colour::red, "failed" + (why.empty() ? why : ": " + why));
  }
  const std::string share = one_line(text_at(release, "canary.percent"));
  if (!share.empty()) {
    text += " " + terminal.paint(Colour::yellow, "canary: " + share + "% of requests");
  }
  if (status == "pending")
    text += " " + terminal.paint(Colour::yellow, "release command executing");
  return text;
}

// What its release command and its trial print, to their end; nothing for a release that has
// neither.
Result<> follow_output(Session& session, const nlohmann::json& release) {
  const std::string url = text_at(release, "output_stream_url");
  if (url.empty()) return {};
  const auto read = stream_url(url, {}, release_timeouts, [&session](std::string_view bytes) {
    session.terminal().write(bytes);
    return true;
  });
  if (read || read.error().code == Errc::not_found) return {};  // it has not begun, or is long past
  return read.error();
}

// A release that must prove itself first: shows how it fares. The exit status tells the outcome.
Outcome follow_release(Session& session, const TheApp& at, const nlohmann::json& release) {
  if (text_at(release, "status") != "pending") return 0;
  session.terminal().note("Running release command...");
  const auto followed = follow_output(session, release);
  if (!followed) return followed.error();
  const auto now = at.api.get(at.path + "/releases/" + text_at(release, "version"));
  if (!now) return now.error();
  if (text_at(*now, "status") != "failed") return 0;
  return fail(Errc::conflict, "v{} is not available: {}", text_at(*now, "version"),
              one_line(text_at(*now, "failure")));
}

Outcome list_releases(Session& session, int count) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const std::string range = "version ..; max=" + std::to_string(count) + ", order=desc";
  const auto releases = at->api.get(at->path + "/releases", range);
  if (!releases) return releases.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*releases));
    return 0;
  }
  if (!releases->is_array() || releases->empty()) {
    terminal.print(at->name + " has no releases.");
    return 0;
  }
  std::string current;
  Table table;
  for (const auto& release : *releases) {
    if (true_at(release, "current")) current = " - Current: v" + text_at(release, "version");
    table.row({"v" + text_at(release, "version"), described(terminal, release),
               text_at(release, "user.email"), time_only(text_at(release, "created_at"))});
  }
  terminal.header(at->name + " Releases" + current);
  terminal.print("");
  table.print(terminal);
  return 0;
}

// "v12" or "12".
Result<std::string> version_of(const std::string& word) {
  const std::string digits = word.starts_with('v') ? word.substr(1) : word;
  const bool number = !digits.empty() && digits.size() <= 9 &&
                      std::ranges::all_of(digits, [](unsigned char c) { return std::isdigit(c); });
  if (!number) {
    return fail(Errc::invalid_argument,
                "'{}' is no release; it looks like v12, and `davit releases` "
                "lists them",
                one_line(word));
  }
  return digits;
}

// The named release, or the first of the latest ones that `fits`.
Result<nlohmann::json> find_release(const TheApp& at, const std::string& word,
                                    bool (*fits)(const nlohmann::json&)) {
  if (!word.empty()) {
    const auto version = version_of(word);
    if (!version) return version.error();
    return at.api.get(at.path + "/releases/" + *version);
  }
  const auto releases = at.api.get(at.path + "/releases", "version ..; max=10, order=desc");
  if (!releases) return releases.error();
  if (releases->is_array()) {
    const auto found = std::ranges::find_if(*releases, fits);
    if (found != releases->end()) return json_result(*found);
  }
  return fail(Errc::not_found, "there is no such release yet; `davit releases` lists them");
}

Outcome info(Session& session, const std::string& word) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto release = find_release(*at, word, [](const nlohmann::json&) { return true; });
  if (!release) return release.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*release));
    return 0;
  }
  terminal.header("Release v" + text_at(*release, "version"));
  terminal.print("");
  print_fields(terminal, {{"Change", described(terminal, *release)},
                          {"By", text_at(*release, "user.email")},
                          {"When", time_only(text_at(*release, "created_at"))},
                          {"Status", text_at(*release, "status")},
                          {"Slug", text_at(*release, "slug.id")}});
  return 0;
}

Outcome output(Session& session, const std::string& word) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto release = find_release(*at, word, [](const nlohmann::json&) { return true; });
  if (!release) return release.error();
  if (text_at(*release, "output_stream_url").empty()) {
    return fail(Errc::not_found, "v{} has no output: its Procfile has no `release` process",
                text_at(*release, "version"));
  }
  const auto followed = follow_output(session, *release);
  if (!followed) return followed.error();
  return 0;
}

// "Back" means two things while a canary serves.
Result<> refuse_beside_canary(const TheApp& at) {
  const auto latest = find_release(at, "", [](const nlohmann::json& release) {
    return !text_at(release, "canary.percent").empty();
  });
  if (!latest) return {};
  return fail(Errc::conflict,
              "v{} is a canary: `davit releases:abort` takes it back, and `davit rollback VERSION` "
              "goes to an older release",
              text_at(*latest, "version"));
}

Outcome rollback(Session& session, const std::string& word) {
  const auto at = session.the_app();
  if (!at) return at.error();
  if (word.empty()) DAVIT_TRY(refuse_beside_canary(*at));
  const auto target = find_release(*at, word, [](const nlohmann::json& release) {
    return true_at(release, "eligible_for_rollback") && !true_at(release, "current");
  });
  if (!target) return target.error();
  Terminal& terminal = session.terminal();
  Progress progress(
      terminal, "Rolling back " + terminal.app(at->name) + " to v" + text_at(*target, "version"));
  const auto made = at->api.post(at->path + "/releases", {{"release", text_at(*target, "id")}});
  if (!made) return made.error();
  progress.done("done, v" + text_at(*made, "version"));
  const auto settled = follow_release(session, *at, *made);
  if (!settled) return settled.error();
  terminal.note("To undo it: davit rollback v" +
                std::to_string(std::max<std::int64_t>(1, number_at(*made, "version") - 1)));
  return 0;
}

}  // namespace

std::vector<Command> release_commands() {
  return {
      {.name = "releases",
       .aliases = {"releases:list"},
       .topic = "releases",
       .usage = {},
       .summary = "list the releases of an app, newest first",
       .examples = {"releases -n 50"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto count = std::make_shared<int>(15);
         arguments.number("-n,--num", "NUM", *count, {1, 1000}, "how many (15)");
         return [count](Session& session) { return list_releases(session, *count); };
       }},
      {.name = "releases:info",
       .aliases = {},
       .topic = "releases",
       .usage = "[VERSION]",
       .summary = "show one release, the latest when left out",
       .examples = {"releases:info v12"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto word = std::make_shared<std::string>();
         arguments.argument("version", *word, "v12");
         return [word](Session& session) { return info(session, *word); };
       }},
      {.name = "releases:output",
       .aliases = {},
       .topic = "releases",
       .usage = "[VERSION]",
       .summary =
           "print what a release command said, of the latest when left out; follows one that "
           "runs",
       .examples = {"releases:output", "releases:output v12"},
       .declare = [](Arguments& arguments) -> Run {
         auto word = std::make_shared<std::string>();
         arguments.argument("version", *word, "v12");
         return [word](Session& session) { return output(session, *word); };
       }},
      {.name = "rollback",
       .aliases = {"releases:rollback"},
       .topic = "releases",
       .usage = "[VERSION]",
       .summary = "make an older release (the one before, when left out) the current one",
       .examples = {"rollback", "rollback v12"},
       .declare = [](Arguments& arguments) -> Run {
         auto word = std::make_shared<std::string>();
         arguments.argument("version", *word, "v12");
         return [word](Session& session) { return rollback(session, *word); };
       }},
  };
}

}  // namespace davit::cli
