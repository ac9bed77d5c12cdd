#include "server/supervisor/run_request.hpp"

namespace davit::supervisor {

std::string expand_process_type(const std::string& command, const store::ProcessTypes& processes) {
  const auto end = command.find(' ');
  const auto type = processes.find(command.substr(0, end));
  if (type == processes.end()) return command;
  return end == std::string::npos ? type->second : type->second + command.substr(end);
}

}  // namespace davit::supervisor
