#include "server/release/build_queue.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/task_group.hpp"
#include "server/release/limits.hpp"
#include "tests/support/fakes.hpp"

namespace davit::release {
namespace {

class BuildQueueTest : public testing::Test {
 protected:
  struct One {
    BuildId id;
    std::unique_ptr<BuildQueue::Place> place;
    test::StringSink output;
    bool begun = false;
  };
  std::unique_ptr<One> join(BuildQueue& queue) {
    auto one = std::make_unique<One>();
    one->id = BuildId::make(random_);
    one->place = std::move(queue.join(one->id, user_).value());
    return one;
  }
  Task<> wait(One& one) {
    co_await one.place->wait(one.output);
    one.begun = true;
  }
  void settle() {
    io_.restart();
    io_.poll();
  }
  asio::io_context io_;
  test::SeededRandom random_{5};
  UserId user_ = UserId::make(random_);
};

TEST_F(BuildQueueTest, SoManyBuildAtOnceAndTheOthersInOrder) {
  BuildQueue queue(io_.get_executor(), 2);
  TaskGroup group(io_.get_executor());
  std::vector<std::unique_ptr<One>> builds;
  for (int i = 0; i < 4; ++i) {
    builds.push_back(join(queue));
    group.spawn("build", wait(*builds.back()));
  }
  settle();
  EXPECT_TRUE(builds[0]->begun && builds[1]->begun);
  EXPECT_FALSE(builds[2]->begun || builds[3]->begun);
  EXPECT_EQ(queue.progress(builds[3]->id)->before, 2u);
  EXPECT_EQ(builds[2]->output.text(), "-----> Waiting: 1 build before this one...\n");
  EXPECT_EQ(builds[3]->output.text(), "-----> Waiting: 2 builds before this one...\n");
  // A build that becomes a release makes room already.
  builds[1]->place->built();
  settle();
  EXPECT_TRUE(builds[2]->begun);
  EXPECT_EQ(queue.progress(builds[1]->id)->stage, BuildStage::releasing);
  EXPECT_EQ(queue.progress(builds[3]->id)->before, 1u);
  EXPECT_NE(builds[3]->output.text().find("1 build before"), std::string::npos);
  builds[0]->place.reset();
  settle();
  EXPECT_TRUE(builds[3]->begun);
  EXPECT_FALSE(queue.progress(builds[0]->id));
  builds.clear();
}

// A tarball's build is known, and may be cancelled, before it may queue: it holds nobody up then.
TEST_F(BuildQueueTest, WhoPreparesIsInNoQueue) {
  BuildQueue queue(io_.get_executor(), 1);
  TaskGroup group(io_.get_executor());
  const auto slow = join(queue), quick = join(queue);
  EXPECT_EQ(queue.progress(slow->id)->stage, BuildStage::preparing);
  group.spawn("quick", wait(*quick));
  settle();
  EXPECT_TRUE(quick->begun);
  group.spawn("slow", wait(*slow));
  settle();
  EXPECT_FALSE(slow->begun);
  EXPECT_EQ(queue.progress(slow->id)->before, 1u);
  EXPECT_TRUE(queue.cancel(slow->id, "me"));
  quick->place.reset();
  settle();
}

TEST_F(BuildQueueTest, WhoeverLeavesTheQueueHoldsNobodyUp) {
  BuildQueue queue(io_.get_executor(), 1);
  TaskGroup group(io_.get_executor());
  TaskGroup given_up(io_.get_executor());
  const auto first = join(queue), second = join(queue), third = join(queue);
  group.spawn("first", wait(*first));
  given_up.spawn("second", wait(*second));
  group.spawn("third", wait(*third));
  settle();
  given_up.cancel();
  settle();
  second->place.reset();
  settle();
  EXPECT_EQ(queue.progress(third->id)->before, 1u);
  first->place.reset();
  settle();
  EXPECT_TRUE(third->begun);
}

TEST_F(BuildQueueTest, ACancelIsHeardByItsBuildAlone) {
  BuildQueue queue(io_.get_executor(), 1);
  const auto one = join(queue), other = join(queue);
  TaskGroup group(io_.get_executor());
  bool heard = false, heard_by_other = false;
  auto listen = [](BuildQueue::Place& place, bool& flag) -> Task<> {
    co_await place.cancelled();
    flag = true;
  };
  group.spawn("one", listen(*one->place, heard));
  group.spawn("other", listen(*other->place, heard_by_other));
  ASSERT_TRUE(queue.cancel(one->id, "me@example.org"));
  ASSERT_TRUE(queue.cancel(one->id, "somebody else"));
  settle();
  EXPECT_TRUE(heard);
  EXPECT_FALSE(heard_by_other);
  EXPECT_EQ(one->place->cancelled_by(), "me@example.org");
  EXPECT_EQ(queue.cancel(BuildId::make(random_), "me").error().code, Errc::conflict);
  group.cancel();
  settle();
}

TEST_F(BuildQueueTest, IsBounded) {
  BuildQueue queue(io_.get_executor(), 1);
  TaskGroup group(io_.get_executor());
  std::vector<std::unique_ptr<One>> builds;
  for (std::size_t i = 0; i <= limits::builds_waiting_max; ++i) {
    builds.push_back(join(queue));
    group.spawn("build", wait(*builds.back()));
    settle();
  }
  const auto refused = queue.join(BuildId::make(random_), UserId::make(random_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::limit_exceeded);
  group.cancel();
  settle();
  builds.clear();
}

TEST_F(BuildQueueTest, WhatOneUserPreparesIsBoundedAndHoldsNoOtherUp) {
  BuildQueue queue(io_.get_executor(), 1);
  std::vector<std::unique_ptr<One>> builds;
  for (std::size_t i = 0; i < limits::builds_preparing_max; ++i) builds.push_back(join(queue));
  EXPECT_EQ(queue.join(BuildId::make(random_), user_).error().code, Errc::limit_exceeded);
  EXPECT_TRUE(queue.join(BuildId::make(random_), UserId::make(random_)));
  builds.clear();
}

TEST(BuildsAtOnce, FollowTheBox) {
  EXPECT_EQ(default_builds_at_once(2, 2ull << 30), 1u);
  EXPECT_EQ(default_builds_at_once(16, 4ull << 30), 1u);
  EXPECT_EQ(default_builds_at_once(8, 32ull << 30), 2u);
  EXPECT_EQ(default_builds_at_once(128, 512ull << 30), 4u);
}

}  // namespace
}  // namespace davit::release
