#include "server/runtimes/support_table.hpp"

#include <fmt/format.h>

namespace davit::runtimes {
namespace {

using std::chrono::year_month_day;
using namespace std::chrono_literals;

struct Line {
  std::string_view language;
  std::uint64_t major;
  std::optional<std::uint64_t> minor;
  year_month_day ends;
  std::optional<year_month_day> lts_since;
  std::string_view codename;
};

// As of November 2026. From github.com/nodejs/Release (schedule.json),
// devguide.python.org/versions and adoptium.net/support; dates that lay ahead then are those
// announced: look again with each release of Davit.
constexpr Line lines[] = {
    {"node", 14, {}, 2023y / 4 / 30, 2020y / 10 / 27, "fermium"},
    {"node", 16, {}, 2023y / 9 / 11, 2021y / 10 / 26, "gallium"},
    {"node", 18, {}, 2025y / 4 / 30, 2022y / 10 / 25, "hydrogen"},
    {"node", 19, {}, 2023y / 6 / 1, {}, ""},
    {"node", 20, {}, 2026y / 4 / 30, 2023y / 10 / 24, "iron"},
    {"node", 21, {}, 2024y / 6 / 1, {}, ""},
    {"node", 22, {}, 2027y / 4 / 30, 2024y / 10 / 29, "jod"},
    {"node", 23, {}, 2025y / 6 / 1, {}, ""},
    {"node", 24, {}, 2028y / 4 / 30, 2025y / 10 / 28, "krypton"},
    {"node", 25, {}, 2026y / 6 / 1, {}, ""},
    {"node", 26, {}, 2029y / 4 / 30, 2026y / 10 / 28, ""},
    {"python", 2, 7, 2020y / 1 / 1, {}, ""},
    {"python", 3, 7, 2023y / 6 / 27, {}, ""},
    {"python", 3, 8, 2024y / 10 / 7, {}, ""},
    {"python", 3, 9, 2025y / 10 / 31, {}, ""},
    {"python", 3, 10, 2026y / 10 / 31, {}, ""},
    {"python", 3, 11, 2027y / 10 / 31, {}, ""},
    {"python", 3, 12, 2028y / 10 / 31, {}, ""},
    {"python", 3, 13, 2029y / 10 / 31, {}, ""},
    {"python", 3, 14, 2030y / 10 / 31, {}, ""},
    {"java", 8, {}, 2030y / 12 / 31, 2014y / 3 / 18, ""},
    {"java", 11, {}, 2027y / 10 / 31, 2018y / 9 / 25, ""},
    {"java", 17, {}, 2027y / 10 / 31, 2021y / 9 / 14, ""},
    {"java", 21, {}, 2029y / 12 / 31, 2023y / 9 / 19, ""},
    {"java", 25, {}, 2031y / 9 / 30, 2025y / 9 / 16, ""},
};

}  // namespace

std::optional<std::string> end_of_support(std::string_view language, const Version& version,
                                          WallTime now) {
  for (const Line& line : lines) {
    if (line.language != language || line.major != version.major) continue;
    if (line.minor && *line.minor != version.minor) continue;
    if (now < std::chrono::sys_days(line.ends)) return std::nullopt;
    return fmt::format("{:04}-{:02}-{:02}", int(line.ends.year()), unsigned(line.ends.month()),
                       unsigned(line.ends.day()));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> newest_lts(std::string_view language, WallTime now) {
  std::optional<std::uint64_t> newest;
  for (const Line& line : lines) {
    const bool lts = line.language == language && line.lts_since &&
                     now >= std::chrono::sys_days(*line.lts_since);
    if (lts && line.major > newest.value_or(0)) newest = line.major;
  }
  return newest;
}

std::optional<std::uint64_t> lts_by_name(std::string_view codename) {
  for (const Line& line : lines) {
    if (!codename.empty() && line.codename == codename) return line.major;
  }
  return std::nullopt;
}

}  // namespace davit::runtimes
