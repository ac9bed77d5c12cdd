#pragma once
#include <vector>

#include "cli/command.hpp"

// One function per group, one file per function.
namespace davit::cli {

std::vector<Command> auth_commands();
std::vector<Command> app_commands();
std::vector<Command> open_commands();
std::vector<Command> git_commands();
std::vector<Command> dyno_commands();
std::vector<Command> run_commands();
std::vector<Command> formation_commands();
std::vector<Command> rest_and_scale_commands();
std::vector<Command> config_commands();
std::vector<Command> cron_commands();
std::vector<Command> log_commands();
std::vector<Command> metrics_commands();
std::vector<Command> labs_commands();
std::vector<Command> routing_commands();
std::vector<Command> release_commands();
std::vector<Command> canary_commands();
std::vector<Command> build_commands();
std::vector<Command> buildpack_commands();
std::vector<Command> deploy_commands();
std::vector<Command> maintenance_commands();
std::vector<Command> pause_commands();
std::vector<Command> domain_commands();
std::vector<Command> why_commands();
std::vector<Command> doctor_commands();
std::vector<Command> admin_commands();
std::vector<Command> runtime_commands();

}  // namespace davit::cli
