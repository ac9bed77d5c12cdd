#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

struct Added {
  std::string language;
  std::string what;  // a folder or a range
  std::string version;
};

Outcome list_runtimes(Session& session) {
  const auto api = session.api();
  if (!api) return api.error();
  const auto runtimes = (*api)->list("/davit/runtimes");
  if (!runtimes) return runtimes.error();
  if (session.json()) {
    session.terminal().print(pretty(*runtimes));
    return 0;
  }
  Table table({"Language", "Version", "Size", "Kept"});
  for (const auto& one : *runtimes) {
    const char* kept = true_at(one, "in_use")   ? "releases use it"
                       : true_at(one, "pinned") ? "added by an admin"
                                                : "while there is room";
    table.row({text_at(one, "language"), text_at(one, "version"),
               human_bytes(one.value("bytes", std::uint64_t{0})), kept});
  }
  table.print(session.terminal());
  return 0;
}

Outcome add_runtime(Session& session, const Added& added) {
  const auto api = session.api();
  if (!api) return api.error();
  nlohmann::json body = {{"language", added.language}};
  if (added.what.starts_with('/')) {
    body["folder"] = added.what;
    if (!added.version.empty()) body["version"] = added.version;
  } else {
    body["range"] = added.what;
  }
  Progress progress(session.terminal(), "Adding " + one_line(added.language));
  const auto runtime = (*api)->post("/davit/runtimes", body);
  if (!runtime) return runtime.error();
  progress.done(one_line(text_at(*runtime, "version")));
  if (session.json()) session.terminal().print(pretty(*runtime));
  return 0;
}

Outcome remove_runtime(Session& session, const Added& named) {
  const auto api = session.api();
  if (!api) return api.error();
  Progress progress(session.terminal(),
                    "Removing " + one_line(named.language) + " " + one_line(named.version));
  const auto removed = (*api)->remove("/davit/runtimes/" + encode_segment(named.language) + "/" +
                                      encode_segment(named.version));
  if (!removed) return removed.error();
  progress.done();
  return 0;
}

Run declare_add(Arguments& arguments) {
  auto added = std::make_shared<Added>();
  arguments.argument("language", added->language, "node, python, go, java, …", Need::required);
  arguments.argument("what", added->what,
                     "a folder of the server, or a range of versions to download the best of",
                     Need::required);
  arguments.option("--version", "VERSION", added->version, "of a folder that does not tell it");
  return [added](Session& session) { return add_runtime(session, *added); };
}

Run declare_remove(Arguments& arguments) {
  auto named = std::make_shared<Added>();
  arguments.argument("language", named->language, "as `davit admin runtimes` shows it",
                     Need::required);
  arguments.argument("version", named->version, "likewise", Need::required);
  return [named](Session& session) { return remove_runtime(session, *named); };
}

}  // namespace

std::vector<Command> runtime_commands() {
  return {
      {.name = "admin runtimes",
       .aliases = {},
       .topic = "admin",
       .usage = {},
       .summary = "list the languages that the server keeps for apps",
       .examples = {},
       .scope = Scope::server,
       .output = Output::text_or_json,
       .declare = [](Arguments&) -> Run { return list_runtimes; }},
      {.name = "admin runtimes:add",
       .aliases = {},
       .topic = "admin",
       .usage = "LANGUAGE FOLDER|RANGE",
       .summary = "add a language: a copy of a folder, or a download",
       .examples = {"admin runtimes:add node /opt/node-22", "admin runtimes:add node 22"},
       .scope = Scope::server,
       .output = Output::text_or_json,
       .declare = declare_add},
      {.name = "admin runtimes:remove",
       .aliases = {},
       .topic = "admin",
       .usage = "LANGUAGE VERSION",
       .summary = "remove a language that no release uses",
       .examples = {"admin runtimes:remove node 18.20.4"},
       .scope = Scope::server,
       .declare = declare_remove},
  };
}

}  // namespace davit::cli
