#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

// Exit status 1 where something is to be done: for scripts.
Outcome examine(Session& session) {
  const auto api = session.api();
  if (!api) return api.error();
  const auto found = (*api)->get("/davit/doctor");
  if (!found) return found.error();
  Terminal& terminal = session.terminal();
  bool well = true;
  for (const auto& check : list_at(*found, "checks")) well = well && true_at(check, "ok");
  if (session.json()) {
    terminal.print(pretty(*found));
    return well ? 0 : 1;
  }
  terminal.print("Isolation of dynos: level " + one_line(text_at(*found, "level")));
  for (const auto& sentence : list_at(*found, "missing")) {
    if (sentence.is_string()) terminal.print("  missing: " + one_line(sentence.get<std::string>()));
  }
  for (const auto& check : list_at(*found, "checks")) {
    const bool ok = true_at(check, "ok");
    terminal.print(terminal.paint(ok ? Colour::green : Colour::red, ok ? "ok   " : "WRONG") + "  " +
                   terminal.paint(Colour::bold, one_line(text_at(check, "check"))) + ": " +
                   one_line(text_at(check, "detail")));
    const std::string fix = one_line(text_at(check, "fix"));
    if (!fix.empty()) terminal.print("       → " + fix);
  }
  return well ? 0 : 1;
}

}  // namespace

std::vector<Command> doctor_commands() {
  return {{.name = "doctor",
           .aliases = {},
           .topic = "doctor",
           .usage = {},
           .summary = "examine the server: isolation, disk, memory, router, database (admins)",
           .examples = {},
           .scope = Scope::server,
           .output = Output::text_or_json,
           .declare = [](Arguments&) -> Run { return examine; }}};
}

}  // namespace davit::cli
