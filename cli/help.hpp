#pragma once
#include <string>

#include "cli/registry.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"

namespace davit::cli {

void print_overview(const Registry& registry, Terminal& terminal);
void print_topic(const Registry& registry, const std::string& topic, Terminal& terminal);
void print_command_help(const Command& command, Terminal& terminal);

// Options that several commands share, by the command's scope and output.
void declare_common(const Command& command, Arguments& arguments, CommonOptions& into);

}  // namespace davit::cli
