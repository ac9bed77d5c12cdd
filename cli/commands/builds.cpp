#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

// A build may be silent for long (a download, a link step).
constexpr HttpTimeouts build_timeouts{std::chrono::seconds(10), std::chrono::minutes(16)};

// A davitd that restarts is back within seconds; its builds have failed then, and the output says
// how far they came.
constexpr int reconnects_max = 10;
constexpr std::chrono::seconds reconnect_pause{1};

Colour status_colour(const std::string& status) {
  if (status == "succeeded") return Colour::green;
  return status == "failed" ? Colour::red : Colour::yellow;
}

// "queued, 2 before it", "building", "succeeded".
std::string state_of(const nlohmann::json& build) {
  const std::string stage = one_line(text_at(build, "stage"));
  if (stage.empty()) return one_line(text_at(build, "status"));
  const auto before = build.find("builds_before");
  if (stage != "queued" || before == build.end() || !before->is_number_unsigned()) return stage;
  return fmt::format("queued, {} before it", before->get<std::uint64_t>());
}

// How long it built, or builds by now; empty while it waits.
std::string duration_of(const nlohmann::json& build, WallTime now) {
  const auto started = parse_iso8601(text_at(build, "started_at"));
  if (!started) return {};
  const auto ended = parse_iso8601(text_at(build, "ended_at"));
  const auto took = std::max(WallTime::duration(0), ended.value_or(now) - *started);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(took).count();
  return seconds < 60 ? fmt::format("{}s", seconds)
                      : fmt::format("{}m {}s", seconds / 60, seconds % 60);
}

Result<nlohmann::json> latest(const TheApp& at, int count) {
  const std::string range = "created_at ..; max=" + std::to_string(count) + ", order=desc";
  return at.api.get(at.path + "/builds", range);
}

Outcome list_builds(Session& session, int count) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto builds = latest(*at, count);
  if (!builds) return builds.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*builds));
    return 0;
  }
  if (!builds->is_array() || builds->empty()) {
    terminal.print(at->name + " has no builds: `git push davit main` makes one.");
    return 0;
  }
  terminal.header(at->name + " Builds");
  terminal.print("");
  Table table;
  for (const auto& build : *builds) {
    const Colour colour = status_colour(one_line(text_at(build, "status")));
    table.row({text_at(build, "id"), terminal.paint(colour, state_of(build)),
               text_at(build, "source_blob.version").substr(0, 8), text_at(build, "user.email"),
               time_only(text_at(build, "created_at")), duration_of(build, session.now())});
  }
  table.print(terminal);
  return 0;
}

Result<nlohmann::json> find_build(const TheApp& at, const std::string& id) {
  if (!id.empty()) return at.api.get(at.path + "/builds/" + encode_segment(id));
  const auto builds = latest(at, 1);
  if (!builds) return builds.error();
  if (!builds->is_array() || builds->empty()) {
    return fail(Errc::not_found, "there is no build yet: `git push davit main` makes one");
  }
  return json_result(builds->front());
}

struct OutputWish {
  std::string id;     // empty: the latest
  bool tail = false;  // up to the build's end
};

// From `*offset` on, which moves along.
Result<> read_output(Session& session, const nlohmann::json& build, const OutputWish& wish,
                     std::uint64_t* offset) {
  std::string url = text_at(build, "output_stream_url");
  if (url.empty()) return fail(Errc::not_found, "this build has no output (any more)");
  url += fmt::format("?offset={}{}", *offset, wish.tail ? "" : "&follow=no");
  const auto read = stream_url(url, {}, build_timeouts, [&](std::string_view bytes) {
    session.terminal().write(bytes);
    *offset += bytes.size();
    return true;
  });
  if (!read) return read.error();
  return {};
}

Outcome output(Session& session, OutputWish wish) {
  const auto at = session.the_app();
  if (!at) return at.error();
  std::uint64_t offset = 0;
  for (int attempt = 0;; ++attempt) {
    // Again after a cut: the address is good for one run of davitd.
    const auto build = find_build(*at, wish.id);
    Result<> read = build ? Result<>() : Result<>(build.error());
    if (build) {
      wish.id = text_at(*build, "id");
      read = read_output(session, *build, wish, &offset);
    }
    if (read) return 0;
    const bool may_pass = read.error().code == Errc::unavailable || read.error().code == Errc::io;
    const bool begun = attempt > 0 || offset > 0;
    if (!wish.tail || !may_pass || !begun || attempt >= reconnects_max) return read.error();
    std::this_thread::sleep_for(reconnect_pause);
  }
}

Outcome cancel(Session& session, const std::string& id) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto build = find_build(*at, id);
  if (!build) return build.error();
  const std::string found = text_at(*build, "id");
  const auto cancelled = at->api.remove(at->path + "/builds/" + encode_segment(found));
  if (!cancelled) return cancelled.error();
  session.terminal().print("Cancelled build " + one_line(found) + " of " + at->name + ".");
  return 0;
}

Outcome purge_cache(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto purged = at->api.remove(at->path + "/build-cache");
  if (!purged) return purged.error();
  session.terminal().print("The build cache of " + at->name +
                           " is empty: the next build starts cold.");
  return 0;
}

}  // namespace

std::vector<Command> build_commands() {
  return {
      {.name = "builds",
       .aliases = {"builds:list"},
       .topic = "builds",
       .usage = {},
       .summary = "list the builds of an app, newest first",
       .examples = {"builds -n 5"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto count = std::make_shared<int>(15);
         arguments.number("-n,--num", "NUM", *count, {1, 1000}, "how many (15)");
         return [count](Session& session) { return list_builds(session, *count); };
       }},
      {.name = "builds:output",
       .aliases = {},
       .topic = "builds",
       .usage = "[ID]",
       .summary = "print what a build has printed, the latest when left out",
       .examples = {"builds:output", "builds:output --tail"},
       .declare = [](Arguments& arguments) -> Run {
         auto wish = std::make_shared<OutputWish>();
         arguments.argument("id", wish->id, "the build's id");
         arguments.flag("-t,--tail", wish->tail, "follow a build that runs, to its end");
         return [wish](Session& session) { return output(session, *wish); };
       }},
      {.name = "builds:cancel",
       .aliases = {},
       .topic = "builds",
       .usage = "[ID]",
       .summary = "end a build that waits or runs, the latest when left out; nothing is released",
       .examples = {"builds:cancel"},
       .declare = [](Arguments& arguments) -> Run {
         auto id = std::make_shared<std::string>();
         arguments.argument("id", *id, "the build's id");
         return [id](Session& session) { return cancel(session, *id); };
       }},
      {.name = "builds:cache:purge",
       .aliases = {},
       .topic = "builds",
       .usage = {},
       .summary = "throw away what builds of an app keep for the next",
       .examples = {"builds:cache:purge"},
       .declare = [](Arguments&) -> Run {
         return [](Session& session) { return purge_cache(session); };
       }},
  };
}

}  // namespace davit::cli
