#include "cli/help.hpp"

#include <algorithm>

#include "cli/table.hpp"

namespace davit::cli {
namespace {

std::string full_form(const Command& command) {
  return command.usage.empty() ? command.name : command.name + " " + command.usage;
}

void print_entries(const std::string& title, const std::vector<Arguments::Entry>& entries,
                   Terminal& terminal) {
  if (entries.empty()) return;
  terminal.print("");
  terminal.print(terminal.paint(Colour::bold, title));
  Table table;
  for (const auto& entry : entries) table.row({"  " + entry.form, entry.help});
  table.print(terminal);
}

}  // namespace

void declare_common(const Command& command, Arguments& arguments, CommonOptions& into) {
  if (command.scope == Scope::app) {
    arguments.option("-a,--app", "APP", into.app, "the app; else the one of the git remote");
    arguments.option("-r,--remote", "REMOTE", into.remote,
                     "the git remote that names the app (davit)");
  }
  if (command.output == Output::text_or_json) {
    arguments.flag("--json", into.json, "print JSON");
  }
  if (command.scope != Scope::nothing) {
    arguments.option("--url", "URL", into.url,
                     "the server; else $DAVIT_URL, the remote's, the last login's");
  }
}

void print_overview(const Registry& registry, Terminal& terminal) {
  terminal.print("davit: push, run and look after apps on a Davit server");
  terminal.print("");
  terminal.print(terminal.paint(Colour::bold, "USAGE"));
  terminal.print("  davit COMMAND [ARGUMENTS] [OPTIONS]");
  std::string topic;
  std::size_t width = 0;
  for (const Command& command : registry.all()) {
    width = std::max(width, full_form(command).size());
  }
  width = std::min<std::size_t>(width, 36);
  for (const Command& command : registry.all()) {
    if (command.topic != topic) {
      topic = command.topic;
      terminal.print("");
      terminal.print(terminal.paint(Colour::bold, topic));
    }
    const std::string form = full_form(command);
    const std::size_t gap = form.size() < width ? width - form.size() : 0;
    terminal.print("  " + form + std::string(gap + 2, ' ') + command.summary);
  }
  terminal.print("");
  terminal.print(
      "`davit help COMMAND` explains one. The server comes from --url, $DAVIT_URL, the git remote");
  terminal.print("or the last login; the key from the login or $DAVIT_API_KEY.");
}

void print_topic(const Registry& registry, const std::string& topic, Terminal& terminal) {
  Table table;
  for (const Command& command : registry.all()) {
    if (command.topic == topic) table.row({"  " + full_form(command), command.summary});
  }
  terminal.print(terminal.paint(Colour::bold, topic));
  table.print(terminal);
}

void print_command_help(const Command& command, Terminal& terminal) {
  Arguments arguments;
  CommonOptions ignored;
  const Run kept_alive = command.declare(arguments);
  declare_common(command, arguments, ignored);
  terminal.print(command.summary);
  terminal.print("");
  terminal.print(terminal.paint(Colour::bold, "USAGE"));
  terminal.print("  davit " + full_form(command) +
                 (arguments.option_entries().empty() ? "" : " [OPTIONS]"));
  if (!command.aliases.empty()) {
    std::string names;
    for (const auto& alias : command.aliases) names += (names.empty() ? "" : ", ") + alias;
    terminal.print("  (also: " + names + ")");
  }
  print_entries("ARGUMENTS", arguments.argument_entries(), terminal);
  print_entries("OPTIONS", arguments.option_entries(), terminal);
  if (!command.examples.empty()) {
    terminal.print("");
    terminal.print(terminal.paint(Colour::bold, "EXAMPLES"));
    for (const auto& example : command.examples) terminal.print("  $ davit " + example);
  }
}

}  // namespace davit::cli
