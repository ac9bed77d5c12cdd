#include "server/runtimes/range_parts.hpp"

#include <charconv>

#include "base/encoding.hpp"
#include "server/runtimes/version.hpp"

namespace davit::runtimes::parts {
namespace {

constexpr std::string_view operator_characters = "<>=!~^";

bool is_wildcard(std::string_view text) { return text == "x" || text == "X" || text == "*"; }

// False when it is neither a number nor a wildcard.
bool read_part(std::string_view text, std::optional<std::uint64_t>& out) {
  if (is_wildcard(text)) return true;
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || ec != std::errc() || end != text.data() + text.size()) return false;
  // One less than the most, so that a bound one above it can be written.
  if (number >= limits::version_number_max || (text.size() > 1 && text[0] == '0')) return false;
  out = number;
  return true;
}

}  // namespace

std::optional<Partial> parse_partial(std::string_view text) {
  while (text.starts_with('v') || text.starts_with('=')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  // Only after three parts may there be a pre-release or build metadata.
  const std::string_view numbers = text.substr(0, text.find_first_of("-+"));
  const std::string_view rest = text.substr(numbers.size());
  std::optional<std::uint64_t> values[3];
  std::size_t count = 0;
  std::string_view left = numbers;
  for (;;) {
    const std::size_t dot = left.find('.');
    if (count == 3 || !read_part(left.substr(0, dot), values[count])) return std::nullopt;
    ++count;
    if (dot == left.npos) break;
    left.remove_prefix(dot + 1);
  }
  Partial partial;
  while (partial.given < 3 && values[partial.given]) ++partial.given;
  partial.major = values[0].value_or(0);
  partial.minor = partial.given > 1 ? *values[1] : 0;
  partial.patch = partial.given > 2 ? *values[2] : 0;
  if (rest.empty()) return partial;
  if (count < 3) return std::nullopt;
  if (partial.given < 3) return partial;  // "1.2.x-beta": the x wins
  const auto version = Version::parse(text);
  if (!version) return std::nullopt;
  partial.pre = version->pre;
  return partial;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) break;
    text.remove_prefix(first);
    const std::size_t end = text.find_first_of(" \t\r\n");
    const std::string word(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end);
    const bool joins =
        !words.empty() && words.back().find_first_not_of(operator_characters) == std::string::npos;
    if (joins) {
      words.back() += word;
    } else {
      words.push_back(word);
    }
  }
  return words;
}

std::string_view take_operator(std::string_view& text) {
  for (const std::string_view op :
       {"===", "<=", ">=", "==", "!=", "~>", "~=", "<", ">", "=", "~", "^"}) {
    if (!text.starts_with(op)) continue;
    text.remove_prefix(op.size());
    return op;
  }
  return {};
}

Error no_range(std::string_view text) {
  return fail(Errc::invalid_argument,
              "\"{}\" is no version range; write it like \"20.x\", \"^22.1.0\" or \">=18 <23\"",
              printable(text, 100));
}

}  // namespace davit::runtimes::parts
