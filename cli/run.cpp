#include "cli/run.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "cli/help.hpp"
#include "cli/registry.hpp"
#include "cli/session.hpp"

namespace davit::cli {
namespace {

constexpr int wrong_usage = 1;
constexpr int server_refused = 2;
constexpr int logged_out = 100;
constexpr int no_such_command = 127;
constexpr int interrupted = 130;

int exit_status(const Error& error) {
  switch (error.code) {
    case Errc::invalid_argument:
    case Errc::io:
    case Errc::internal: return wrong_usage;
    case Errc::cancelled: return interrupted;
    case Errc::unauthorized: return logged_out;
    default: return server_refused;
  }
}

bool asks_for_help(const std::vector<std::string>& words) {
  const auto end = std::ranges::find(words, "--");
  return std::any_of(words.begin(), end,
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

int unknown(const Registry& registry, const std::string& name, Terminal& terminal) {
  const std::string near = registry.nearest(name);
  std::string text = "'" + printable(name, 80) + "' is not a davit command.";
  if (!near.empty()) text += "\nDid you mean `davit " + near + "`?";
  terminal.error(text + "\n`davit help` lists all commands.");
  return no_such_command;
}

int help(const Registry& registry, const std::string& name, Terminal& terminal) {
  const Command* command = registry.find(name);
  if (command != nullptr) {
    print_command_help(*command, terminal);
    return 0;
  }
  if (registry.has_topic(name)) {
    print_topic(registry, name, terminal);
    return 0;
  }
  return unknown(registry, name, terminal);
}

// "admin users:add" is one name of two words.
std::string take_name(std::vector<std::string>& words) {
  std::string name = words.front();
  words.erase(words.begin());
  if (name == "admin" && !words.empty() && !words.front().starts_with('-')) {
    name += " " + words.front();
    words.erase(words.begin());
  }
  return name;
}

int run_command(const Command& command, std::vector<std::string> words,
                const Environment& environment, Terminal& terminal, const Clock& clock) {
  Arguments arguments;
  CommonOptions common;
  const Run body = command.declare(arguments);
  declare_common(command, arguments, common);
  if (auto parsed = arguments.parse(std::move(words)); !parsed) {
    terminal.error(parsed.error().message + "\nSee `davit help " + command.name + "`.");
    return wrong_usage;
  }
  Session session(environment, terminal, clock, std::move(common));
  const Outcome outcome = body(session);
  if (outcome) return *outcome;
  if (outcome.error().code != Errc::cancelled) terminal.error(outcome.error().message);
  return exit_status(outcome.error());
}

}  // namespace

int run(std::vector<std::string> words, const Environment& environment, Terminal& terminal,
        const Clock& clock) {
  const Registry registry(all_commands());
  if (words.empty() || words.front() == "--help" || words.front() == "-h") {
    print_overview(registry, terminal);
    return 0;
  }
  if (words.front() == "--version" || words.front() == "-v" || words.front() == "version") {
    terminal.print("davit/" DAVIT_VERSION " linux");
    return 0;
  }
  if (words.front() == "help") {
    words.erase(words.begin());
    if (words.empty()) {
      print_overview(registry, terminal);
      return 0;
    }
    return help(registry, take_name(words), terminal);
  }
  const std::string name = take_name(words);
  const Command* command = registry.find(name);
  const bool others_words = command != nullptr && command->takes_command;
  const std::vector<std::string> ours(
      words.begin(), others_words ? words.begin() + (words.empty() ? 0 : 1) : words.end());
  if (asks_for_help(ours)) return help(registry, name, terminal);
  if (command != nullptr) {
    return run_command(*command, std::move(words), environment, terminal, clock);
  }
  if (registry.has_topic(name)) {
    print_topic(registry, name, terminal);
    return 0;
  }
  return unknown(registry, name, terminal);
}

}  // namespace davit::cli
