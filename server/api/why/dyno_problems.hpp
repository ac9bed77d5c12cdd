#pragma once
#include "server/api/why/problems.hpp"

namespace davit::api {

// What is wrong with the app's dynos, and what that means for visitors. Pure.
void find_dyno_problems(const AppState& state, std::vector<Problem>& problems);
// "R10" of "R10 boot timeout: …"; empty where a reason begins with no code.
std::string code_in(const std::string& reason);

}  // namespace davit::api
