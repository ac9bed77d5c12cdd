#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/encoding.hpp"

namespace davit::log {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_logger_mt("davit");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

bool plain(std::string_view value) {
  return !value.empty() && value.find_first_of(" \"=\\\n\r\t") == std::string_view::npos;
}

}  // namespace

void set_program(std::string_view name) {
  logger().set_pattern("%Y-%m-%dT%H:%M:%S.%e%z " + std::string(name) + " %l %v");
}

void set_level(Level level) { logger().set_level(to_spdlog(level)); }

void write(Level level, std::string_view event, Fields fields) {
  std::string line(event);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (plain(field.value)) {
      line += printable(field.value, 2000);
    } else {
      line += '"' + printable(field.value, 2000) + '"';
    }
  }
  logger().log(to_spdlog(level), "{}", line);
}

}  // namespace davit::log
