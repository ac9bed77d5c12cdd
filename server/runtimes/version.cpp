#include "server/runtimes/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/runtimes/limits.hpp"

namespace davit::runtimes {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_identifier_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Takes a number off; nullopt for none, one with a leading zero, or one that is too large.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (ec != std::errc() || number > limits::version_number_max) return std::nullopt;
  if (length > 1 && text[0] == '0') return std::nullopt;
  text.remove_prefix(length);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "rc.1" -> {"rc", "1"}; nullopt where a part is empty or a number has a leading zero.
std::optional<std::vector<std::string>> split_identifiers(std::string_view text, bool numbers) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || !std::all_of(part.begin(), part.end(), is_identifier_character)) {
      return std::nullopt;
    }
    if (numbers && all_digits(part) && part.size() > 1 && part[0] == '0') return std::nullopt;
    parts.emplace_back(part);
    if (dot == text.npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

// A number of any length: by its digits.
std::strong_ordering compare_numbers(const std::string& left, const std::string& right) {
  if (left.size() != right.size()) return left.size() <=> right.size();
  return left.compare(right) <=> 0;
}

std::strong_ordering compare_identifiers(const std::string& left, const std::string& right) {
  const bool left_number = all_digits(left);
  const bool right_number = all_digits(right);
  if (left_number != right_number) {
    return left_number ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left_number ? compare_numbers(left, right) : left.compare(right) <=> 0;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  if (text.size() > limits::version_bytes_max) return std::nullopt;
  text = trim(text);
  while (take(text, '=') || take(text, 'v')) text = trim(text);
  Version version;
  const auto major = take_number(text);
  if (!major || !take(text, '.')) return std::nullopt;
  const auto minor = take_number(text);
  if (!minor || !take(text, '.')) return std::nullopt;
  const auto patch = take_number(text);
  if (!patch) return std::nullopt;
  version.major = *major;
  version.minor = *minor;
  version.patch = *patch;
  const std::size_t plus = text.find('+');
  if (plus != text.npos) {
    if (!split_identifiers(text.substr(plus + 1), false)) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (text.empty()) return version;
  if (!take(text, '-')) return std::nullopt;
  auto pre = split_identifiers(text, true);
  if (!pre) return std::nullopt;
  version.pre = std::move(*pre);
  return version;
}

std::optional<Version> Version::find_in(std::string_view line) {
  line = line.substr(0, limits::version_bytes_max);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!is_digit(line[i]) || (i > 0 && (is_digit(line[i - 1]) || line[i - 1] == '.'))) continue;
    std::string_view rest = line.substr(i);
    Version version;
    std::uint64_t* parts[] = {&version.major, &version.minor, &version.patch};
    bool dotted = false;
    for (std::size_t part = 0; part < 3; ++part) {
      const auto number = take_number(rest);
      if (!number) break;
      *parts[part] = *number;
      dotted = dotted || part > 0;
      if (part < 2 && !(rest.size() > 1 && rest[0] == '.' && is_digit(rest[1]))) break;
      if (part < 2) rest.remove_prefix(1);
    }
    if (!dotted) continue;
    // "3.13.0rc1", "1.22rc2", "22.0.0-nightly": all come before the final version.
    take(rest, '-');
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_identifier_character);
    const std::string_view tail = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    if (!tail.empty() && !is_digit(tail[0])) version.pre.emplace_back(tail);
    return version;
  }
  return std::nullopt;
}

std::string Version::str() const {
  std::string text = fmt::format("{}.{}.{}", major, minor, patch);
  for (std::size_t i = 0; i < pre.size(); ++i) text += (i == 0 ? "-" : ".") + pre[i];
  return text;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
  if (const auto order = major <=> other.major; order != 0) return order;
  if (const auto order = minor <=> other.minor; order != 0) return order;
  if (const auto order = patch <=> other.patch; order != 0) return order;
  if (pre.empty() != other.pre.empty()) {
    return pre.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  }
  for (std::size_t i = 0; i < pre.size() && i < other.pre.size(); ++i) {
    if (const auto order = compare_identifiers(pre[i], other.pre[i]); order != 0) return order;
  }
  return pre.size() <=> other.pre.size();
}

}  // namespace davit::runtimes
