// How large the dynos of a type are, and how they are replaced.
#include <nlohmann/json.hpp>

#include "base/ids.hpp"
#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

// The formation of the app at hand.
Outcome show(Session& session, void (*print)(Terminal&, const nlohmann::json&)) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto formation = at->api.list(at->path + "/formation");
  if (!formation) return formation.error();
  if (session.json()) {
    session.terminal().print(pretty(*formation));
  } else if (formation->empty()) {
    session.terminal().print("No process types on this app yet: push code with a Procfile first.");
  } else {
    print(session.terminal(), *formation);
  }
  return 0;
}

Outcome change(Session& session, const nlohmann::json& updates, const char* doing) {
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(),
                    std::string(doing) + " on " + session.terminal().app(at->name));
  const auto formation = at->api.patch(at->path + "/formation", {{"updates", updates}});
  if (!formation) return formation.error();
  progress.done();
  if (session.json()) session.terminal().print(pretty(*formation));
  return 0;
}

void print_sizes(Terminal& terminal, const nlohmann::json& formation) {
  Table table({"Type", "Size", "Qty"});
  for (const auto& entry : formation) {
    table.row({text_at(entry, "type"), text_at(entry, "size"), text_at(entry, "quantity")});
  }
  table.print(terminal);
}

void print_strategies(Terminal& terminal, const nlohmann::json& formation) {
  Table table({"Type", "max_surge", "max_unavailable"});
  for (const auto& entry : formation) {
    table.row({text_at(entry, "type"), text_at(entry, "strategy.max_surge"),
               text_at(entry, "strategy.max_unavailable")});
  }
  table.print(terminal);
}

// "web=large" and "worker=small", or one size alone for every type.
Outcome set_sizes(Session& session, const std::vector<std::string>& words) {
  if (words.empty()) return show(session, print_sizes);
  auto updates = nlohmann::json::array();
  if (words.size() == 1 && words.front().find('=') == std::string::npos) {
    const auto at = session.the_app();
    if (!at) return at.error();
    const auto formation = at->api.list(at->path + "/formation");
    if (!formation) return formation.error();
    for (const auto& entry : *formation) {
      updates.push_back({{"type", text_at(entry, "type")}, {"size", words.front()}});
    }
  } else {
    for (const std::string& word : words) {
      const auto equals = word.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == word.size() ||
          !ProcessType::parse(word.substr(0, equals))) {
        return fail(Errc::invalid_argument, "'{}' is not understood; say web=large worker=small",
                    one_line(word));
      }
      updates.push_back({{"type", word.substr(0, equals)}, {"size", word.substr(equals + 1)}});
    }
  }
  return change(session, updates, "Setting the size of dynos");
}

Outcome set_strategy(Session& session, const std::string& type,
                     const std::vector<std::string>& words) {
  if (type.empty()) return show(session, print_strategies);
  auto strategy = nlohmann::json::object();
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const bool known = key == "max_surge" || key == "max_unavailable";
    if (equals == std::string::npos || !known) {
      return fail(Errc::invalid_argument,
                  "'{}' is not understood; say max_surge=1, max_unavailable=25%, or max_surge= for "
                  "the default",
                  one_line(word));
    }
    const std::string value = word.substr(equals + 1);
    strategy[key] = value.empty() ? nlohmann::json() : nlohmann::json(value);
  }
  if (strategy.empty()) {
    return fail(Errc::invalid_argument,
                "say how: `davit ps:strategy {} max_surge=1 max_unavailable=0`", one_line(type));
  }
  auto updates = nlohmann::json::array();
  updates.push_back({{"type", type}, {"strategy", strategy}});
  return change(session, updates, "Setting how dynos are replaced");
}

}  // namespace

std::vector<Command> formation_commands() {
  return {
      {.name = "ps:type",
       .aliases = {"ps:resize", "dyno:type", "resize"},
       .topic = "ps",
       .usage = "[TYPE=SIZE...]",
       .summary = "set how large the dynos of a type are; show it when nothing is given",
       .examples = {"ps:type", "ps:type web=large worker=small", "ps:type standard"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto words = std::make_shared<std::vector<std::string>>();
         arguments.arguments("type=size", *words, "web=large; one size alone is for all types");
         return [words](Session& session) { return set_sizes(session, *words); };
       }},
      {.name = "ps:strategy",
       .aliases = {},
       .topic = "ps",
       .usage = "[TYPE SETTING...]",
       .summary = "set how dynos of a type are replaced; show it when nothing is given",
       .examples = {"ps:strategy", "ps:strategy web max_surge=1", "ps:strategy worker max_surge=0"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto type = std::make_shared<std::string>();
         auto words = std::make_shared<std::vector<std::string>>();
         arguments.argument("type", *type, "a process type: web, worker");
         arguments.arguments("setting", *words,
                             "max_surge=N: slots that may have two dynos at once (0: never); "
                             "max_unavailable=N: slots that may have none; N or N%");
         return [type, words](Session& session) { return set_strategy(session, *type, *words); };
       }},
  };
}

}  // namespace davit::cli
