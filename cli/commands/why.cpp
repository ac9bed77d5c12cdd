#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

Outcome why(Session& session) {
  // Without an app at hand: all of them.
  const bool chosen = !session.options().app.empty() || !session.options().remote.empty();
  const auto app = session.app();
  if (!app && chosen) return app.error();
  const auto api = session.api();
  if (!api) return api.error();
  const auto answer = (*api)->get(app ? "/davit/why/" + encode_segment(*app) : "/davit/why");
  if (!answer) return answer.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*answer));
    return 0;
  }
  const auto& problems = list_at(*answer, "problems");
  if (problems.empty()) {
    terminal.print(app ? "Nothing is wrong with " + *app + "." : std::string("Nothing is wrong."));
    return 0;
  }
  for (const auto& problem : problems) {
    if (!app) terminal.write(one_line(text_at(problem, "app")) + "  ");
    terminal.print(terminal.paint(Colour::red, one_line(text_at(problem, "code"))) + "  " +
                   terminal.paint(Colour::bold, one_line(text_at(problem, "subject"))) + ": " +
                   one_line(text_at(problem, "message")));
    for (const auto& cause : list_at(problem, "because")) {
      if (cause.is_string()) terminal.print("     because " + one_line(cause.get<std::string>()));
    }
    const std::string next = one_line(text_at(problem, "next"));
    if (!next.empty()) terminal.print("     → " + next);
  }
  return 0;
}

}  // namespace

std::vector<Command> why_commands() {
  return {{.name = "why",
           .aliases = {},
           .topic = "why",
           .usage = "[APP]",
           .summary = "say what is wrong with an app (or any of yours), why, and what to do",
           .examples = {"why", "why blog"},
           .output = Output::text_or_json,
           .declare = [](Arguments& arguments) -> Run {
             auto app = std::make_shared<std::string>();
             arguments.argument("app", *app, "the app's name");
             return [app](Session& session) {
               if (!app->empty()) session.choose_app(*app);
               return why(session);
             };
           }}};
}

}  // namespace davit::cli
