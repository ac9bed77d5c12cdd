#pragma once
#include <string>
#include <vector>

#include "server/logs/log_service.hpp"

namespace davit::api {

enum class LineForm {
  plain,   // one line each
  events,  // Server-Sent Events: "id: N\ndata: line\n\n"
};

std::string format_lines(const std::vector<logs::Stored>& lines, LineForm form);
// Keeps an idle connection open; empty where the form has no way to say nothing.
std::string heartbeat(LineForm form);

}  // namespace davit::api
