#include "server/runtimes/wish.hpp"

#include "base/encoding.hpp"
#include "server/runtimes/limits.hpp"
#include "server/runtimes/support_table.hpp"

namespace davit::runtimes {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Result<Wish> parse_line(std::string_view line, std::size_t number) {
  Wish wish;
  const std::size_t comment = line.find('#');
  if (comment != line.npos) wish.where = to_valid_utf8(trimmed(line.substr(comment + 1)));
  line = trimmed(line.substr(0, comment));
  const std::size_t blank = line.find_first_of(" \t");
  wish.language = find_language(line.substr(0, blank));
  if (wish.language == nullptr) {
    return fail(Errc::invalid_argument, "bin/runtimes, line {}: Davit knows no runtime \"{}\"",
                number, printable(line.substr(0, blank), 40));
  }
  if (blank != line.npos) wish.range = trimmed(line.substr(blank));
  return wish;
}

}  // namespace

Result<std::vector<Wish>> parse_wishes(std::string_view text) {
  if (text.size() > limits::wishes_bytes_max) {
    return fail(Errc::too_large, "bin/runtimes prints more than {} bytes",
                limits::wishes_bytes_max);
  }
  std::vector<Wish> wishes;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    auto wish = parse_line(line, number);
    if (!wish) return std::move(wish).error();
    if (wishes.size() == limits::wishes_max) {
      return fail(Errc::limit_exceeded, "bin/runtimes asks for more than {} runtimes",
                  limits::wishes_max);
    }
    wishes.push_back(std::move(*wish));
  }
  return wishes;
}

Result<Range> range_of(const Wish& wish, WallTime now) {
  const std::string text = lower(trimmed(wish.range));
  if (text.starts_with("lts")) {
    const std::string name =
        text == "lts" ? "*" : text.substr(std::min<std::size_t>(4, text.size()));
    const auto major = name == "*" ? newest_lts(wish.language->name, now) : lts_by_name(name);
    if (major) return Range::parse(fmt::format("{}.x", *major));
  }
  if (text == "latest" || text == "node" || text == "current" || text == "stable") {
    return Range::any();
  }
  // Poetry writes "^3.11" and "~3.11", which mean what npm means by them.
  const bool poetry = text.starts_with('^') || (text.starts_with('~') && !text.starts_with("~="));
  auto range = wish.language->python_ranges && !poetry ? Range::parse_python(wish.range)
                                                       : Range::parse(wish.range);
  if (range) return range;
  return fail(Errc::invalid_argument, "{}: {}",
              wish.where.empty() ? std::string(wish.language->title) : wish.where,
              range.error().message);
}

}  // namespace davit::runtimes
