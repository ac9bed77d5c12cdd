#include "server/build/process_types.hpp"

#include <fmt/format.h>

namespace davit::build {

ProcessTypes merge_process_types(const ProcessTypes& procfile, const ProcessTypes& defaults) {
  ProcessTypes merged = procfile;
  merged.insert(defaults.begin(), defaults.end());
  return merged;
}

std::string process_types_text(const ProcessTypes& procfile, const ProcessTypes& defaults) {
  std::string declared;
  for (const auto& [type, command] : procfile) {
    declared += declared.empty() ? type : ", " + type;
  }
  std::string added;
  for (const auto& [type, command] : defaults) {
    if (procfile.count(type) == 0) added += added.empty() ? type : ", " + type;
  }
  std::string text = "-----> Discovering process types\n";
  text += fmt::format("       Procfile declares types     -> {}\n",
                      declared.empty() ? "(none)" : declared);
  if (!added.empty()) text += fmt::format("       Default types for buildpack -> {}\n", added);
  if (declared.empty() && added.empty()) {
    text += " !     Nothing says what to run. Commit a Procfile, such as `web: ./server`, and push.\n";
  }
  return text;
}

std::string size_text(std::uint64_t bytes) {
  constexpr double unit = 1024.0;
  const auto value = static_cast<double>(bytes);
  if (value < unit * unit) return fmt::format("{:.1f}K", value / unit);
  if (value < unit * unit * unit) return fmt::format("{:.1f}M", value / (unit * unit));
  return fmt::format("{:.1f}G", value / (unit * unit * unit));
}

}  // namespace davit::build
