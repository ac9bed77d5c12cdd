#include "server/git/push_plan.hpp"

#include <algorithm>

#include "server/git/limits.hpp"
#include "server/git/ref_name.hpp"

namespace davit::git {

PushPlan::PushPlan(const PushRequest& request) : atomic_(request.can("atomic")) {
  for (const auto& command : request.commands) entries_.push_back({command, {}});
}

std::string PushPlan::refusal(const Entry& entry, const Refs& refs) const {
  const auto& command = entry.command;
  if (const auto valid = check_ref_name(command.ref); !valid) return valid.error().message;
  if (command.deletes() && is_deploy_branch(command.ref)) {
    return "the deploy branch cannot be deleted";
  }
  const auto found = refs.ids.find(command.ref);
  const std::string now = found == refs.ids.end() ? std::string(zero_id) : found->second;
  if (now != command.old_id.str()) {
    return command.deletes() && found == refs.ids.end() ? "ref does not exist" : "fetch first";
  }
  if (!command.creates()) return {};
  if (refs.ids.size() >= limits::refs_per_repository_max) {
    return fmt::format("the repository has {} refs already", refs.ids.size());
  }
  for (const auto& [name, id] : refs.ids) {
    if (ref_names_clash(name, command.ref)) return fmt::format("the name clashes with {}", name);
  }
  for (const auto& other : entries_) {
    if (other.reason.empty() && other.command.creates() &&
        ref_names_clash(other.command.ref, command.ref)) {
      return fmt::format("the name clashes with {}", other.command.ref);
    }
  }
  return {};
}

void PushPlan::check(const Refs& refs) {
  bool refused = false;
  for (auto& entry : entries_) {
    if (entry.reason.empty()) entry.reason = refusal(entry, refs);
    refused = refused || !entry.reason.empty();
  }
  if (atomic_ && refused) refuse_all("atomic push failure");
}

void PushPlan::follow(const std::string& ref, const CommitId& now) {
  for (auto& entry : entries_) {
    if (entry.command.ref == ref) entry.command.old_id = now;
  }
}

void PushPlan::refuse_all(const std::string& reason) {
  for (auto& entry : entries_) {
    if (entry.reason.empty()) entry.reason = reason;
  }
}

std::vector<RefCommand> PushPlan::accepted() const {
  std::vector<RefCommand> commands;
  for (const auto& entry : entries_) {
    if (entry.reason.empty()) commands.push_back(entry.command);
  }
  return commands;
}

const RefCommand* PushPlan::deploy() const {
  const RefCommand* chosen = nullptr;
  for (const auto& [command, reason] : entries_) {
    const bool changes = !command.deletes() && command.new_id != command.old_id;
    if (!reason.empty() || !changes || !is_deploy_branch(command.ref)) continue;
    if (chosen == nullptr || command.ref == "refs/heads/main") chosen = &command;
  }
  return chosen;
}

std::string PushPlan::notes() const {
  const auto* deployed = deploy();
  std::string text;
  for (const auto& [command, reason] : entries_) {
    const bool branch = command.ref.starts_with("refs/heads/");
    if (!reason.empty() || command.deletes() || !branch || &command == deployed) continue;
    const auto name = branch_of(command.ref);
    if (is_deploy_branch(command.ref)) {
      text += fmt::format("-----> Branch '{}' stored. 'main' is deployed.\n", name);
    } else {
      text += fmt::format(
          "-----> Branch '{}' stored. Only main and master are deployed: "
          "git push davit {}:main\n",
          name, name);
    }
  }
  return text;
}

std::vector<RefOutcome> PushPlan::outcomes() const {
  std::vector<RefOutcome> list;
  for (const auto& [command, reason] : entries_) list.push_back({command.ref, reason});
  return list;
}

}  // namespace davit::git
