#include "cli/registry.hpp"

#include <algorithm>
#include <iterator>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"

namespace davit::cli {

const Command* Registry::find(std::string_view name) const {
  for (const Command& command : commands_) {
    if (command.name == name || std::ranges::find(command.aliases, name) != command.aliases.end()) {
      return &command;
    }
  }
  return nullptr;
}

bool Registry::has_topic(std::string_view topic) const {
  return std::ranges::any_of(commands_, [&](const Command& c) { return c.topic == topic; });
}

std::string Registry::nearest(std::string_view name) const {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  const auto consider = [&](const std::string& candidate) {
    const std::size_t distance = edit_distance(name.substr(0, 64), candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  };
  for (const Command& command : commands_) {
    consider(command.name);
    std::ranges::for_each(command.aliases, consider);
  }
  return best;
}

std::vector<Command> all_commands() {
  std::vector<Command> all;
  for (auto group : {auth_commands,      app_commands,         open_commands,
                     git_commands,       run_commands,         cron_commands,
                     dyno_commands,      formation_commands,   rest_and_scale_commands,
                     routing_commands,   config_commands,      log_commands,
                     metrics_commands,   labs_commands,        release_commands,
                     canary_commands,    build_commands,       deploy_commands,
                     buildpack_commands, maintenance_commands, pause_commands,
                     domain_commands,    why_commands,         doctor_commands,
                     admin_commands,     runtime_commands}) {
    std::ranges::move(group(), std::back_inserter(all));
  }
  return all;
}

}  // namespace davit::cli
