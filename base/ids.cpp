#include "base/ids.hpp"

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "base/random.hpp"

namespace davit {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Quoting somebody's input in a message: short and printable.
std::string shown(std::string_view text) { return printable(text, 80); }

}  // namespace

Result<> AppNameTag::check(std::string_view text) {
  const bool fits =
      text.size() >= 3 && text.size() <= 30 && is_lower(text.front()) &&
      (is_lower(text.back()) || is_digit(text.back())) &&
      std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  if (fits) return {};
  return fail(Errc::invalid_argument,
              "'{}' is not an app name: use 3 to 30 of a-z, 0-9 and dashes, starting with a letter "
              "and ending with a letter or digit",
              shown(text));
}

Result<> ProcessTypeTag::check(std::string_view text) {
  const bool fits = !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
  });
  if (fits) return {};
  return fail(Errc::invalid_argument,
              "'{}' is not a process type: use 1 to 63 letters, digits, dashes and underscores",
              shown(text));
}

Result<> CommitTag::check(std::string_view text) {
  if (text.size() == 40 && std::ranges::all_of(text, is_hex)) return {};
  return fail(Errc::invalid_argument, "'{}' is not a commit id: 40 hexadecimal digits are needed",
              shown(text));
}

Result<> ConfigKeyTag::check(std::string_view text) {
  const bool fits =
      !text.empty() && text.size() <= 128 && !is_digit(text.front()) &&
      std::ranges::all_of(text, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
  if (fits) return {};
  return fail(Errc::invalid_argument,
              "'{}' is not a config var name: use up to 128 letters, digits and underscores, not "
              "starting with a digit",
              shown(text));
}

Result<> check_uuid(std::string_view text) {
  bool fits = text.size() == 36;
  for (std::size_t i = 0; fits && i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    fits = dash ? text[i] == '-' : is_hex(text[i]);
  }
  if (fits) return {};
  return fail(Errc::invalid_argument, "'{}' is not an id", shown(text));
}

std::string make_uuid(Random& random) {
  std::string bytes = random.bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // variant 1
  std::string text = hex_encode(bytes);
  for (std::size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

Result<DynoName> DynoName::parse(std::string_view text) {
  const auto dot = text.rfind('.');
  std::uint32_t number = 0;
  if (dot != std::string_view::npos) {
    const auto digits = text.substr(dot + 1);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    auto type = ProcessType::parse(text.substr(0, dot));
    if (ec == std::errc() && end == digits.data() + digits.size() && number > 0 && type) {
      return DynoName{std::move(*type), number};
    }
  }
  return fail(Errc::invalid_argument, "'{}' is not a dyno name such as web.1", shown(text));
}

std::string DynoName::str() const { return fmt::format("{}.{}", type.str(), number); }

}  // namespace davit
