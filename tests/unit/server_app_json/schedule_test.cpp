#include "server/app_json/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_format.hpp"

namespace davit::app_json {
namespace {

using std::chrono::day;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using testing::HasSubstr;

WallTime at(int y, unsigned m, unsigned d, int hour = 0, int minute = 0, int second = 0) {
  return sys_days(year(y) / month(m) / day(d)) + hours(hour) + minutes(minute) + seconds(second);
}

std::string next_run(std::string_view schedule, WallTime time) {
  const auto parsed = Schedule::parse(schedule);
  return parsed ? iso8601(parsed->next_after(time)) : parsed.error().message;
}

std::string complaint(std::string_view schedule) {
  const auto parsed = Schedule::parse(schedule);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(Schedule, IsDueAtWholeMinutesAfterATime) {
  EXPECT_EQ(next_run("* * * * *", at(2026, 1, 1, 0, 0, 0)), "2026-01-01T00:01:00Z");
  EXPECT_EQ(next_run("* * * * *", at(2026, 1, 1, 0, 0, 59)), "2026-01-01T00:01:00Z");
  EXPECT_EQ(next_run("* * * * *", at(2026, 12, 31, 23, 59, 1)), "2027-01-01T00:00:00Z");
  EXPECT_EQ(next_run("*/15 * * * *", at(2026, 1, 1, 0, 45)), "2026-01-01T01:00:00Z");
  EXPECT_EQ(next_run("7,11-13 6 * * *", at(2026, 1, 1, 6, 8)), "2026-01-01T06:11:00Z");
  EXPECT_EQ(next_run("7,11-13 6 * * *", at(2026, 1, 1, 6, 13)), "2026-01-02T06:07:00Z");
  EXPECT_EQ(next_run("10-30/10 * * * *", at(2026, 1, 1, 5, 30)), "2026-01-01T06:10:00Z");
  EXPECT_EQ(next_run("5/20 * * * *", at(2026, 1, 1, 5, 25)), "2026-01-01T05:45:00Z");
  EXPECT_EQ(next_run("0 */7 * * *", at(2026, 1, 1, 21, 0)), "2026-01-02T00:00:00Z");
}

TEST(Schedule, WordsAreWhatTheyAreElsewhere) {
  const WallTime from = at(2026, 6, 17, 10, 20);  // a Wednesday
  EXPECT_EQ(next_run("@hourly", from), "2026-06-17T11:00:00Z");
  EXPECT_EQ(next_run("@daily", from), "2026-06-18T00:00:00Z");
  EXPECT_EQ(next_run("@midnight", from), "2026-06-18T00:00:00Z");
  EXPECT_EQ(next_run("@weekly", from), "2026-06-21T00:00:00Z");
  EXPECT_EQ(next_run("@monthly", from), "2026-07-01T00:00:00Z");
  EXPECT_EQ(next_run("@yearly", from), "2027-01-01T00:00:00Z");
  EXPECT_EQ(next_run("@annually", from), "2027-01-01T00:00:00Z");
}

TEST(Schedule, MonthsEndWhereTheyDo) {
  EXPECT_EQ(next_run("0 0 31 * *", at(2026, 1, 31)), "2026-03-31T00:00:00Z");
  EXPECT_EQ(next_run("0 0 30 * *", at(2026, 1, 30)), "2026-03-30T00:00:00Z");
  EXPECT_EQ(next_run("0 0 31 jun-sep *", at(2026, 1, 1)), "2026-07-31T00:00:00Z");
  EXPECT_EQ(next_run("59 23 28-31 2 *", at(2026, 2, 28, 23, 59)), "2027-02-28T23:59:00Z");
  EXPECT_EQ(next_run("0 0 1 Jan *", at(2026, 1, 1)), "2027-01-01T00:00:00Z");
}

TEST(Schedule, KnowsLeapYears) {
  EXPECT_EQ(next_run("0 12 29 2 *", at(2026, 1, 1)), "2028-02-29T12:00:00Z");
  EXPECT_EQ(next_run("0 12 29 2 *", at(2096, 3, 1)), "2104-02-29T12:00:00Z") << "2100 is none";
  // A star in the weekday's field makes it a further condition: a Sunday, or every second day on.
  EXPECT_EQ(next_run("0 0 29 feb */7", at(2026, 1, 1)), "2032-02-29T00:00:00Z");
}

// crontab(5): "the command will be run when either field matches".
TEST(Schedule, EitherDayWillDoWhereBothAreTold) {
  EXPECT_EQ(next_run("0 0 13 * fri", at(2026, 6, 1)), "2026-06-05T00:00:00Z");
  EXPECT_EQ(next_run("0 0 13 * fri", at(2026, 6, 12)), "2026-06-13T00:00:00Z");
  EXPECT_EQ(next_run("0 0 13 * *", at(2026, 6, 1)), "2026-06-13T00:00:00Z");
  EXPECT_EQ(next_run("0 0 * * 5", at(2026, 6, 5)), "2026-06-12T00:00:00Z");
  EXPECT_EQ(next_run("0 0 30 2 mon", at(2026, 2, 1)), "2026-02-02T00:00:00Z");
  // "*/2" begins with a star: both.
  EXPECT_EQ(next_run("0 0 */2 * sat", at(2026, 6, 1)), "2026-06-13T00:00:00Z");
}

TEST(Schedule, WeeksBeginAndEndOnSunday) {
  const WallTime wednesday = at(2026, 6, 17);
  for (const char* sundays : {"0 1 * * 0", "0 1 * * 7", "0 1 * * SUN"}) {
    EXPECT_EQ(next_run(sundays, wednesday), "2026-06-21T01:00:00Z") << sundays;
  }
  EXPECT_EQ(next_run("0 1 * * sat-sun", at(2026, 6, 20, 1)), "2026-06-21T01:00:00Z");
  EXPECT_EQ(next_run("0 1 * * sat-sun", at(2026, 6, 21, 1)), "2026-06-27T01:00:00Z");
  EXPECT_EQ(next_run("0 1 * * mon-fri", at(2026, 6, 19, 1)), "2026-06-22T01:00:00Z");
  EXPECT_EQ(next_run(" 0\t1 *  * 5-7 ", at(2026, 6, 17, 1)), "2026-06-19T01:00:00Z");
}

TEST(Schedule, DaysThatNeverComeAreRefused) {
  for (const char* never : {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30-31 feb */2"}) {
    EXPECT_THAT(complaint(never), HasSubstr("a day that never comes")) << never;
  }
}

TEST(Schedule, WhatIsWrongIsNamed) {
  EXPECT_EQ(complaint("60 * * * *"), "has no minute '60': they go from 0 to 59");
  EXPECT_EQ(complaint("* 24 * * *"), "has no hour '24': they go from 0 to 23");
  EXPECT_THAT(complaint("* * 0 * *"), HasSubstr("day of the month '0'"));
  EXPECT_THAT(complaint("* * * 13 *"), HasSubstr("month '13'"));
  EXPECT_THAT(complaint("* * * * 8"), HasSubstr("day of the week '8'"));
  EXPECT_THAT(complaint("3-1 * * * *"), HasSubstr("runs backwards"));
  EXPECT_THAT(complaint("*/0 * * * *"), HasSubstr("step '/0'"));
  EXPECT_THAT(complaint("@reboot"), HasSubstr("knows no '@reboot'"));
  for (const char* text :
       {"", "* * * *", "* * * * * *", "1,, * * * *", "a * * * *", "-1 * * * *", "1- * * * *",
        "/5 * * * *", "99999999999 * * * *", "+1 * * * *", "* * * * mon#1", "\x1b * * * *"}) {
    EXPECT_NE(complaint(text), "accepted") << text;
  }
  EXPECT_NE(complaint(std::string(1000, '1') + " * * * *"), "accepted");
}

}  // namespace
}  // namespace davit::app_json
