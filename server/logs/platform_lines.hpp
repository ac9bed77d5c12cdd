#pragma once
#include <string>
#include <utility>
#include <vector>

#include "server/logs/log_service.hpp"

namespace davit::logs {

// What the platform itself says of one process of an app ("web.1"), all at one time.
inline std::vector<Line> platform_lines(const AppId& app, const std::string& process, WallTime at,
                                        std::vector<std::string> texts) {
  std::vector<Line> lines;
  for (auto& text : texts) {
    Line line;
    line.app = app;
    line.at = at;
    line.source = Source::heroku;
    line.process = process;
    line.text = std::move(text);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace davit::logs
