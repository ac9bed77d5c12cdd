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
