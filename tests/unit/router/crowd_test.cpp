#include "router/crowd.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace davit::router {
namespace {

struct Someone final : Live {
  Someone(std::string its_name, std::string& all) : name(std::move(its_name)), log(all) {}
  void finish_soon() override { close_now(); }
  void close_now() override {
    log += name;
    leave_crowd();
  }
  void cool_down() override { log += name + "?"; }
  std::string name;
  std::string& log;
};

struct CrowdTest : testing::Test {
  Someone& add(const char* name, Live::Doing doing) {
    all.push_back(std::make_unique<Someone>(name, log));
    crowd.put(*all.back(), doing);
    return *all.back();
  }
  std::string log;
  Crowd crowd;
  std::vector<std::unique_ptr<Someone>> all;
};

TEST_F(CrowdTest, ThoseThatIdleLongestGoFirstAndNoneWithARequest) {
  add("b", Live::Doing::busy);
  add("h", Live::Doing::arriving);
  add("w", Live::Doing::warm);
  Someone& used = add("c", Live::Doing::cold);
  add("d", Live::Doing::cold);
  crowd.put(used, Live::Doing::busy);
  crowd.put(used, Live::Doing::cold);
  while (crowd.make_room()) {
  }
  EXPECT_EQ(log, "dcwh");
  EXPECT_EQ(crowd.size(), 1u);
}

TEST_F(CrowdTest, WhoDoesNotReadGoesWhenNobodyIdles) {
  add("t", Live::Doing::clogged);
  add("r", Live::Doing::unread);
  Someone& reads = add("s", Live::Doing::unread);
  add("b", Live::Doing::busy);
  add("l", Live::Doing::leaving);
  add("h", Live::Doing::arriving);
  crowd.put(reads, Live::Doing::busy);
  crowd.put(reads, Live::Doing::unread);  // it took something: it is the newest of them
  while (crowd.make_room()) {
  }
  EXPECT_EQ(log, "lhrst");
  EXPECT_EQ(crowd.size(), 1u);
}

// Else a flood of the one would push out all of the other, which gets on.
TEST_F(CrowdTest, HandshakesAndHeadsGoByTheirAge) {
  add("1", Live::Doing::arriving);
  add("2", Live::Doing::shaking);
  add("3", Live::Doing::shaking);
  add("4", Live::Doing::arriving);
  while (crowd.make_room()) {
  }
  EXPECT_EQ(log, "1234");
}

TEST_F(CrowdTest, HandshakesAndThoseThatLeaveHoldNoBuffers) {
  for (int i = 0; i < 5; ++i) add("s", Live::Doing::shaking);
  for (int i = 0; i < 5; ++i) add("l", Live::Doing::leaving);
  add("h", Live::Doing::arriving);
  add("w", Live::Doing::warm);
  crowd.keep_buffers_below(2);
  EXPECT_EQ(log, "");
}

TEST_F(CrowdTest, OfThoseWithBuffersTheIdleCoolDownBeforeAHeadIsCut) {
  add("w", Live::Doing::warm);
  add("h", Live::Doing::arriving);
  add("i", Live::Doing::arriving);
  crowd.keep_buffers_below(2);
  EXPECT_EQ(log, "w?");
  crowd.keep_buffers_below(1);
  EXPECT_EQ(log, "w?h");
  crowd.keep_buffers_below(0);  // who has just come stays
  EXPECT_EQ(log, "w?h");
}

TEST_F(CrowdTest, WhoeverIsDestroyedIsInItNoMore) {
  add("a", Live::Doing::busy);
  all.clear();
  EXPECT_TRUE(crowd.empty());
}

TEST_F(CrowdTest, AllCanBeToldToEnd) {
  add("a", Live::Doing::busy);
  add("b", Live::Doing::cold);
  crowd.finish_soon();
  EXPECT_TRUE(crowd.empty());
}

}  // namespace
}  // namespace davit::router
