#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

// A build may be silent for long (a download, a link step).
constexpr HttpTimeouts build_timeouts{std::chrono::seconds(10), std::chrono::minutes(16)};

Colour status_colour(const std::string& status) {
  if (status == "succeeded") return Colour::green;
  return status == "failed" ? Colour::red : Colour::yellow;
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
    const std::string status = one_line(text_at(build, "status"));
    table.row({text_at(build, "id"), terminal.paint(status_colour(status), status),
               text_at(build, "source_blob.version").substr(0, 8), text_at(build, "user.email"),
               time_only(text_at(build, "created_at"))});
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

Outcome output(Session& session, const std::string& id) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto build = find_build(*at, id);
  if (!build) return build.error();
  const std::string url = text_at(*build, "output_stream_url");
  if (url.empty()) return fail(Errc::not_found, "this build has no output (any more)");
  const auto read = stream_url(url, {}, build_timeouts, [&session](std::string_view bytes) {
    session.terminal().write(bytes);
    return true;
  });
  if (!read) return read.error();
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
       .summary = "print a build's output, of the latest when left out; follows one that runs",
       .examples = {"builds:output"},
       .declare = [](Arguments& arguments) -> Run {
         auto id = std::make_shared<std::string>();
         arguments.argument("id", *id, "the build's id");
         return [id](Session& session) { return output(session, *id); };
       }},
  };
}

}  // namespace davit::cli
