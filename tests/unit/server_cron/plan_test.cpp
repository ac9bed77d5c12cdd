#include "server/cron/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_format.hpp"
#include "tests/support/fakes.hpp"

namespace davit::cron {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Begins at 2026-01-01T00:00:00Z; steps read "start a/x 00:05".
class PlanTest : public testing::Test {
 protected:
  Wanted job(const std::string& app, const std::string& id, std::string_view schedule) {
    if (!apps_.contains(app)) apps_[app] = AppId::make(random_);
    // The app "a2" is of the owner of "a".
    UserId& owner = owners_[app[0]];
    if (owner.empty()) owner = UserId::make(random_);
    return {{apps_.at(app), id}, app_json::Schedule::parse(schedule).value(), start_, owner};
  }
  JobKey key(const std::string& app, const std::string& id) { return {apps_.at(app), id}; }
  std::vector<std::string> texts(const std::vector<Step>& steps) {
    std::vector<std::string> list;
    for (const Step& step : steps) {
      const auto app = std::ranges::find(apps_, step.key.app, [](auto& e) { return e.second; });
      const char* what = step.what == Step::What::start  ? "start "
                         : step.what == Step::What::skip ? "skip "
                                                         : "missed ";
      list.push_back(what + app->first + "/" + step.key.job + " " +
                     iso8601(step.due).substr(11, 5) + (step.why.empty() ? "" : ": " + step.why));
    }
    return list;
  }
  std::vector<std::string> look(std::chrono::seconds after) {
    return texts(plan_.look(jobs_, start_ + after));
  }

  test::SeededRandom random_{5};
  const WallTime start_ = test::FakeClock().wall();
  std::map<std::string, AppId> apps_;
  std::map<char, UserId> owners_;
  std::vector<Wanted> jobs_;
  Plan plan_{{.at_once = 3,
              .at_once_per_app = 2,
              .at_once_per_owner = 2,
              .waiting_max = 5,
              .waiting_max_per_owner = 5}};
};

TEST_F(PlanTest, AJobStartsOnceAtItsTime) {
  jobs_ = {job("a", "x", "*/5 * * * *")};
  EXPECT_THAT(look(0min), IsEmpty());
  EXPECT_THAT(look(4min + 59s), IsEmpty());
  EXPECT_THAT(look(5min), ElementsAre("start a/x 00:05"));
  plan_.ended(key("a", "x"));
  EXPECT_THAT(look(5min + 30s), IsEmpty());
  EXPECT_THAT(look(10min), ElementsAre("start a/x 00:10"));
}

TEST_F(PlanTest, OneThatStillRunsIsSkipped) {
  jobs_ = {job("a", "x", "* * * * *")};
  EXPECT_THAT(look(1min), ElementsAre("start a/x 00:01"));
  EXPECT_THAT(look(2min), ElementsAre("skip a/x 00:02: it still runs"));
  plan_.ended(key("a", "x"));
  EXPECT_THAT(look(3min), ElementsAre("start a/x 00:03"));
}

TEST_F(PlanTest, AServerThatWasAwayStartsEachOnceAndNothingOld) {
  auto hourly = job("a", "hourly", "@hourly"), often = job("a", "often", "* * * * *");
  jobs_ = {hourly, often, job("b", "daily", "30 1 * * *")};
  // From 00:00 to 03:05: three hours were missed, one of them a moment ago.
  EXPECT_THAT(look(3h + 5min),
              ElementsAre("missed b/daily 01:30", "start a/often 02:56", "start a/hourly 03:00"));
  plan_.ended(key("a", "often"));
  EXPECT_THAT(look(3h + 5min + 59s), IsEmpty());
  EXPECT_THAT(look(3h + 6min), ElementsAre("start a/often 03:06"));
}

TEST_F(PlanTest, WhatWasDealtWithBeforeIsNotDoneAgain) {
  auto again = job("a", "x", "@hourly");
  again.since = start_ + 1h;
  jobs_ = {again};
  EXPECT_THAT(look(1h + 2min), IsEmpty()) << "a davitd that was restarted just after";
  EXPECT_THAT(look(2h), ElementsAre("start a/x 02:00"));
}

TEST_F(PlanTest, NoAppTakesAllThePlaces) {
  jobs_ = {job("a", "1", "@hourly"), job("a", "2", "@hourly"), job("a", "3", "@hourly"),
           job("b", "1", "@hourly"), job("b", "2", "@hourly")};
  EXPECT_THAT(look(1h), ElementsAre("start a/1 01:00", "start a/2 01:00", "start b/1 01:00"));
  EXPECT_THAT(plan_.starts(), IsEmpty());
  plan_.ended(key("b", "1"));
  EXPECT_THAT(texts(plan_.starts()), ElementsAre("start b/2 01:00"));
  plan_.ended(key("a", "2"));
  EXPECT_THAT(texts(plan_.starts()), ElementsAre("start a/3 01:00"));
}

TEST_F(PlanTest, NoOwnerTakesAllThePlacesWithManyApps) {
  jobs_ = {job("a1", "1", "@hourly"), job("a2", "1", "@hourly"), job("a3", "1", "@hourly"),
           job("b1", "1", "@hourly")};
  EXPECT_THAT(look(1h), ElementsAre("start a1/1 01:00", "start a2/1 01:00", "start b1/1 01:00"));
  plan_.ended(key("b1", "1"));
  EXPECT_THAT(plan_.starts(), IsEmpty());
  EXPECT_EQ(plan_.begin(key("a3", "1")).error().code, Errc::limit_exceeded);
  plan_.ended(key("a1", "1"));
  EXPECT_THAT(texts(plan_.starts()), ElementsAre("start a3/1 01:00"));
  // Nor the queue.
  Plan small{{.at_once = 1,
              .at_once_per_app = 1,
              .at_once_per_owner = 1,
              .waiting_max = 5,
              .waiting_max_per_owner = 2}};
  EXPECT_THAT(
      texts(small.look(jobs_, start_ + 1h)),
      ElementsAre("skip a3/1 01:00: too many jobs of its owner's apps wait", "start a1/1 01:00"));
}

TEST_F(PlanTest, TheQueueHasAnEndAndEachWaitsOnce) {
  for (const char* id : {"1", "2", "3", "4", "5", "6"}) jobs_.push_back(job("a", id, "@hourly"));
  jobs_.push_back(job("b", "1", "0 2 * * *"));
  // Five places in the queue for six that are due.
  EXPECT_THAT(look(1h), ElementsAre("skip a/6 01:00: too many jobs wait on this server",
                                    "start a/1 01:00", "start a/2 01:00"));
  EXPECT_THAT(look(2h),
              ElementsAre("skip a/1 02:00: it still runs", "skip a/2 02:00: it still runs",
                          "skip a/3 02:00: it still waits for its turn",
                          "skip a/4 02:00: it still waits for its turn",
                          "skip a/5 02:00: it still waits for its turn", "start b/1 02:00"));
}

TEST_F(PlanTest, AJobThatIsGoneStartsNoMore) {
  jobs_ = {job("a", "1", "@hourly"), job("a", "2", "@hourly"), job("a", "3", "@hourly")};
  EXPECT_EQ(look(1h).size(), 2u);
  jobs_.clear();  // an app that was destroyed, or a deploy without them
  EXPECT_THAT(look(1h + 1min), IsEmpty());
  plan_.ended(key("a", "1"));
  EXPECT_THAT(plan_.starts(), IsEmpty()) << "3 has waited";
  EXPECT_TRUE(plan_.running(key("a", "2"))) << "what runs runs on";
}

TEST_F(PlanTest, ClocksThatAreSetBackDoNotStopIt) {
  jobs_ = {job("a", "x", "*/5 * * * *")};
  EXPECT_THAT(look(200h), ElementsAre("start a/x 07:55"));
  plan_.ended(key("a", "x"));
  EXPECT_THAT(look(100h), IsEmpty());
  EXPECT_THAT(look(100h + 5min), ElementsAre("start a/x 04:05"));
  plan_.ended(key("a", "x"));
  EXPECT_THAT(look(100h + 1min), IsEmpty()) << "a little back: not twice";
  EXPECT_THAT(look(100h + 5min), IsEmpty());
}

TEST_F(PlanTest, ByHandTheSameRulesHold) {
  jobs_ = {job("a", "1", "@hourly"), job("a", "2", "@hourly"), job("b", "1", "@yearly"),
           job("b", "2", "@yearly")};
  EXPECT_TRUE(plan_.begin(key("a", "1")));
  EXPECT_EQ(plan_.begin(key("a", "1")).error().code, Errc::conflict);
  plan_.found_running(key("a", "3"));
  EXPECT_EQ(plan_.begin(key("a", "2")).error().code, Errc::limit_exceeded) << "of the app";
  EXPECT_TRUE(plan_.begin(key("b", "1")));
  EXPECT_EQ(plan_.begin(key("b", "2")).error().code, Errc::limit_exceeded) << "of the server";
  EXPECT_THAT(look(1h), ElementsAre("skip a/1 01:00: it still runs"));
}

}  // namespace
}  // namespace davit::cron
