#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "server/app_json/app_json.hpp"

namespace davit::app_json {
namespace {

struct Field {
  int least;
  int most;
  std::vector<std::string_view> names;  // from `least` on
};

// crontab(5): minute, hour, day of the month, month, day of the week (0 and 7 are Sunday).
const Field fields[] = {
    {0, 59, {}},
    {0, 23, {}},
    {1, 31, {}},
    {1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}};

bool read_number(std::string_view text, const Field& field, int& number) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    const bool same = std::ranges::equal(
        text, field.names[i], [](unsigned char a, char b) { return std::tolower(a) == b; });
    if (!same) continue;
    number = field.least + static_cast<int>(i);
    return true;
  }
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  return ec == std::errc() && end == text.data() + text.size() && number >= field.least &&
         number <= field.most;
}

// "*", "5", "1-5", and "/2" behind a range.
bool is_part(std::string_view part, const Field& field) {
  const std::size_t slash = part.find('/');
  if (slash != part.npos) {
    int step = 0;
    const std::string_view text = part.substr(slash + 1);
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (ec != std::errc() || end != text.data() + text.size() || step < 1 || step > field.most) {
      return false;
    }
    part = part.substr(0, slash);
  }
  if (part == "*") return true;
  const std::size_t dash = part.find('-');
  int first = 0, last = 0;
  if (dash == part.npos) return slash == part.npos && read_number(part, field, first);
  return read_number(part.substr(0, dash), field, first) &&
         read_number(part.substr(dash + 1), field, last) && first <= last;
}

bool is_field(std::string_view text, const Field& field) {
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!is_part(text.substr(0, comma), field)) return false;
    if (comma == text.npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool is_schedule(std::string_view text) {
  constexpr std::string_view words[] = {"@hourly",  "@daily",  "@midnight", "@weekly",
                                        "@monthly", "@yearly", "@annually"};
  if (std::ranges::find(words, text) != std::end(words)) return true;
  if (text.size() > 200) return false;
  std::vector<std::string_view> given;
  while (!text.empty()) {
    const std::size_t blank = text.find_first_of(" \t");
    if (blank != 0) given.push_back(text.substr(0, blank));
    text.remove_prefix(blank == text.npos ? text.size() : blank + 1);
  }
  if (given.size() != std::size(fields)) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!is_field(given[i], fields[i])) return false;
  }
  return true;
}

}  // namespace davit::app_json
