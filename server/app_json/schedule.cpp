#include "server/app_json/schedule.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "base/encoding.hpp"
#include "server/app_json/limits.hpp"

namespace davit::app_json {
namespace {

using namespace std::chrono_literals;

struct Field {
  const char* name;
  int least;
  int most;
  std::vector<std::string_view> names;  // from `least` on
};

const Field fields[] = {
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of the month", 1, 31, {}},
    {"month",
     1,
     12,
     {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}};
constexpr int sunday = 7;  // at the end of a week; 0 at its start

struct Word {
  std::string_view word, means;
};
constexpr Word words[] = {{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
                          {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
                          {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"},
                          {"@annually", "0 0 1 1 *"}};

constexpr const char* example = "five fields of cron such as \"0 4 * * *\", or @daily";

bool read_whole(std::string_view text, int& number) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  return ec == std::errc() && end == text.data() + text.size();
}

Result<int> read_number(std::string_view text, const Field& field) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    const bool same = std::ranges::equal(
        text, field.names[i], [](unsigned char a, char b) { return std::tolower(a) == b; });
    if (same) return field.least + static_cast<int>(i);
  }
  int number = 0;
  if (read_whole(text, number) && number >= field.least && number <= field.most) return number;
  return fail(Errc::invalid_argument, "has no {} '{}': they go from {} to {}", field.name,
              printable(text, 20), field.least, field.most);
}

struct Range {
  int first = 0, last = 0;
};

// "*", "5", "1-5".
Result<Range> read_range(std::string_view text, const Field& field, bool stepped) {
  if (text == "*") return Range{field.least, field.most};
  const std::size_t dash = text.find('-');
  const auto first = read_number(text.substr(0, dash), field);
  if (!first) return first.error();
  if (dash == text.npos) return Range{*first, stepped ? field.most : *first};
  auto last = read_number(text.substr(dash + 1), field);
  if (!last) return last.error();
  if (field.most == sunday && *last == 0 && *first > 0) last = sunday;
  if (*first > *last) {
    return fail(Errc::invalid_argument, "has a range '{}' that runs backwards: write two of them",
                printable(text, 20));
  }
  return Range{*first, *last};
}

Result<std::uint64_t> read_part(std::string_view part, const Field& field) {
  const std::size_t slash = part.find('/');
  int step = 1;
  if (slash != part.npos) {
    const std::string_view text = part.substr(slash + 1);
    if (!read_whole(text, step) || step < 1 || step > field.most) {
      return fail(Errc::invalid_argument, "has a step '/{}' of the {}: from 1 to {} there are",
                  printable(text, 20), field.name, field.most);
    }
    part = part.substr(0, slash);
  }
  const auto range = read_range(part, field, slash != part.npos);
  if (!range) return range.error();
  std::uint64_t bits = 0;
  for (int i = range->first; i <= range->last; i += step) bits |= std::uint64_t{1} << i;
  return bits;
}

Result<std::uint64_t> read_field(std::string_view text, const Field& field) {
  std::uint64_t bits = 0;
  for (;;) {
    const std::size_t comma = text.find(',');
    const auto part = read_part(text.substr(0, comma), field);
    if (!part) return part.error();
    bits |= *part;
    if (comma == text.npos) return bits;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t blank = text.find_first_of(" \t");
    if (blank != 0) parts.push_back(text.substr(0, blank));
    text.remove_prefix(blank == text.npos ? text.size() : blank + 1);
  }
  return parts;
}

bool has(std::uint64_t bits, unsigned number) { return (bits >> number & 1) != 0; }

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text) {
  if (text.size() > limits::schedule_bytes_max) {
    return fail(Errc::invalid_argument, "must be {}", example);
  }
  if (text.starts_with('@')) {
    const auto known = std::ranges::find(words, text, &Word::word);
    if (known == std::end(words)) {
      return fail(Errc::invalid_argument,
                  "knows no '{}': there are @hourly, @daily, @weekly, @monthly and @yearly",
                  printable(text, 20));
    }
    text = known->means;
  }
  const auto given = split(text);
  if (given.size() != std::size(fields)) {
    return fail(Errc::invalid_argument, "must be {}", example);
  }
  Schedule schedule;
  std::uint64_t* const bits[] = {&schedule.minutes_, &schedule.hours_, &schedule.days_,
                                 &schedule.months_, &schedule.weekdays_};
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    const auto read = read_field(given[i], fields[i]);
    if (!read) return read.error();
    *bits[i] = *read;
  }
  if (has(schedule.weekdays_, sunday)) schedule.weekdays_ |= 1;
  schedule.any_day_ = given[2].starts_with('*');
  schedule.any_weekday_ = given[4].starts_with('*');
  if (!schedule.find_after(WallTime{})) {
    return fail(Errc::invalid_argument, "names a day that never comes: '{} {}' of the month",
                printable(given[2], 40), printable(given[3], 40));
  }
  return schedule;
}

bool Schedule::on_day(std::chrono::sys_days day, const std::chrono::year_month_day& date) const {
  const bool by_date = has(days_, static_cast<unsigned>(date.day()));
  const bool by_week = has(weekdays_, std::chrono::weekday(day).c_encoding());
  return any_day_ || any_weekday_ ? by_date && by_week : by_date || by_week;
}

// The first minute of the day from this one on.
std::optional<std::chrono::minutes> Schedule::on_clock(std::chrono::minutes from) const {
  for (auto at = from; at < 24h; ++at) {
    const auto hour = static_cast<unsigned>(at / 1h);
    if (!has(hours_, hour)) {
      at = std::chrono::hours(hour) + 59min;  // the last minute that cannot be
    } else if (has(minutes_, static_cast<unsigned>((at % 1h).count()))) {
      return at;
    }
  }
  return std::nullopt;
}

std::optional<WallTime> Schedule::find_after(WallTime time) const {
  using std::chrono::sys_days;
  const auto start = std::chrono::floor<std::chrono::minutes>(time) + 1min;
  auto day = std::chrono::floor<std::chrono::days>(start);
  auto from = std::chrono::duration_cast<std::chrono::minutes>(start - day);
  // The calendar, weekdays too, repeats itself after 400 years.
  const auto end = day + std::chrono::years(401);
  while (day < end) {
    const std::chrono::year_month_day date(day);
    if (!has(months_, static_cast<unsigned>(date.month()))) {
      day = sys_days((date.year() / date.month() + std::chrono::months(1)) / 1);
    } else {
      const auto at = on_day(day, date) ? on_clock(from) : std::nullopt;
      if (at) return WallTime(day + *at);
      day += std::chrono::days(1);
    }
    from = 0min;
  }
  return std::nullopt;
}

WallTime Schedule::next_after(WallTime time) const { return find_after(time).value(); }

}  // namespace davit::app_json
