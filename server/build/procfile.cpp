#include "server/build/procfile.hpp"

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "server/build/limits.hpp"

namespace davit::build {
namespace {

constexpr std::string_view blanks = " \t\v\f";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool has_control(std::string_view text) {
  for (const unsigned char c : text) {
    if ((c < 0x20 && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

Result<> parse_line(std::string_view line, std::size_t number, ProcessTypes& types) {
  constexpr std::size_t shown_max = 80;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return fail(
        Errc::invalid_argument,
        "Procfile line {}: expected `type: command`, found \"{}\"; fix or comment it with #",
        number, printable(line, shown_max));
  }
  const std::string_view name = line.substr(0, colon);
  const auto type = ProcessType::parse(name);
  if (!type) {
    return fail(Errc::invalid_argument,
                "Procfile line {}: \"{}\" is no process type; use letters, digits, - and _, at "
                "most 63, directly followed by a colon",
                number, printable(name, shown_max));
  }
  const std::string_view command = trim(line.substr(colon + 1));
  if (command.empty()) {
    return fail(Errc::invalid_argument, "Procfile line {}: type \"{}\" has no command", number,
                type->str());
  }
  if (has_control(command) || to_valid_utf8(command) != command) {
    return fail(Errc::invalid_argument,
                "Procfile line {}: the command of \"{}\" holds control characters or is not UTF-8",
                number, type->str());
  }
  if (!types.emplace(type->str(), command).second) {
    return fail(Errc::invalid_argument, "Procfile line {}: type \"{}\" is declared twice; keep one",
                number, type->str());
  }
  if (types.size() > limits::procfile_types_max) {
    return fail(Errc::limit_exceeded, "Procfile declares more than {} process types",
                limits::procfile_types_max);
  }
  return {};
}

}  // namespace

Result<ProcessTypes> parse_procfile(std::string_view text) {
  if (text.size() > limits::procfile_bytes_max) {
    return fail(Errc::too_large, "Procfile is larger than {} bytes", limits::procfile_bytes_max);
  }
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return fail(Errc::invalid_argument, "Procfile is UTF-16; save it as UTF-8");
  }
  ProcessTypes types;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    DAVIT_TRY(parse_line(line, number, types));
  }
  return types;
}

}  // namespace davit::build
