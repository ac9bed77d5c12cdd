#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace davit::app_json {

// When a cron job is due, in UTC: five fields as crontab(5) has them, or @hourly and the like.
// Beyond that page, as the parsers that app.json was written for: "5/20" is "5-59/20", and
// "fri-sun" ends on Sunday. Not taken: @reboot, seconds, time zones. Pure.
class Schedule {
 public:
  // invalid_argument, to be read behind the name of the field that it is of: "has no minute '60':
  // …". Also when no day that there will ever be fits.
  static Result<Schedule> parse(std::string_view text);

  // The first whole minute after `time` when it is due.
  WallTime next_after(WallTime time) const;

 private:
  Schedule() = default;
  bool on_day(std::chrono::sys_days day, const std::chrono::year_month_day& date) const;
  std::optional<std::chrono::minutes> on_clock(std::chrono::minutes from) const;
  std::optional<WallTime> find_after(WallTime time) const;

  // Bit n: n is in.
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;  // 0 is Sunday
  // Where both days are told, either will do; a field that begins with a star tells none.
  bool any_day_ = false;
  bool any_weekday_ = false;
};

}  // namespace davit::app_json
