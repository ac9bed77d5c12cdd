#pragma once
#include <cstdint>
#include <string>

#include "server/api/services.hpp"
#include "server/paths.hpp"

// What `davit doctor` asks the host. Each blocks for milliseconds at most.
namespace davit {

api::Check check_disk(const Paths& paths);
api::Check check_secrets(const Paths& paths);
api::Check check_program(const std::string& path, const std::string& why);
// Pure: what all dynos together may use against what the machine has.
api::Check judge_memory(std::uint64_t promised, std::uint64_t machine);

}  // namespace davit
