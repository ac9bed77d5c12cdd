#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace davit::cli {

// Every command, in the order of the help.
class Registry {
 public:
  explicit Registry(std::vector<Command> commands) : commands_(std::move(commands)) {}
  const std::vector<Command>& all() const { return commands_; }
  const Command* find(std::string_view name) const;  // by name or alias
  bool has_topic(std::string_view topic) const;
  std::string nearest(std::string_view name) const;  // empty: nothing is near

 private:
  std::vector<Command> commands_;
};

std::vector<Command> all_commands();

}  // namespace davit::cli
