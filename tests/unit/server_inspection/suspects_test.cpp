#include "server/inspection/suspects.hpp"

#include <gmock/gmock.h>

#include "server/inspection/limits.hpp"

namespace davit::inspection {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Finding scratch{Kind::scratch, "a", "/data/scratch/a"};
const Finding cgroup{Kind::cgroup, "a", "cgroup of a"};

class SuspectsTest : public testing::Test {
 protected:
  std::vector<Finding> judge(const std::vector<Finding>& unknown) {
    return suspects_.judge(unknown, now_);
  }
  Suspects suspects_;
  SteadyTime now_{std::chrono::hours(1)};
};

TEST_F(SuspectsTest, OneLookAccusesNobody) {
  EXPECT_THAT(judge({scratch}), IsEmpty());
  EXPECT_FALSE(suspects_.empty());
}

TEST_F(SuspectsTest, TwoLooksInQuickSuccessionAreOne) {
  judge({scratch});
  now_ += limits::confirmed_after / 2;
  EXPECT_THAT(judge({scratch}), IsEmpty());
}

TEST_F(SuspectsTest, WhatIsStillThereIsALeftover) {
  judge({scratch, cgroup});
  now_ += limits::confirmed_after;
  EXPECT_THAT(judge({scratch}), ElementsAre(scratch));
}

TEST_F(SuspectsTest, WhatWasGoneMeanwhileBeginsAnew) {
  judge({scratch});
  now_ += limits::confirmed_after;
  EXPECT_THAT(judge({}), IsEmpty());
  EXPECT_TRUE(suspects_.empty());
  now_ += limits::confirmed_after;
  EXPECT_THAT(judge({scratch}), IsEmpty());
}

TEST_F(SuspectsTest, WhatCouldNotBeRemovedIsALeftoverStill) {
  judge({scratch});
  now_ += limits::confirmed_after;
  judge({scratch});
  now_ += limits::interval;
  EXPECT_THAT(judge({scratch}), ElementsAre(scratch));
}

}  // namespace
}  // namespace davit::inspection
