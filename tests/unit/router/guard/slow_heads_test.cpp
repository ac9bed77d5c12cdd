#include "router/guard/slow_heads.hpp"

#include <gtest/gtest.h>

#include "router/crowd.hpp"

namespace davit::router::guard {
namespace {

struct Connection final : Live {
  void finish_soon() override {}
  void close_now() override {
    head.reset();
    closed = true;
  }
  std::unique_ptr<SlowHead> head;
  bool closed = false;
};

struct SlowHeadsTest : testing::Test {
  void begin(Connection& connection, std::uint64_t client) {
    connection.head =
        std::make_unique<SlowHead>(heads, SlowHead::Owner{connection, box, ClientKey{client}});
  }
  SlowHeads heads{2};
  int told = 0;
  PlaceBox box{[this] { ++told; }};
};

TEST_F(SlowHeadsTest, TheOldestOfAClientGoesWhenItBeginsOneTooMany) {
  Connection a, b, c, other;
  begin(a, 1);
  begin(other, 2);
  begin(b, 1);
  EXPECT_EQ(told, 0);
  begin(c, 1);
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(a.closed);  // its own thread does it
  box.deliver();
  EXPECT_TRUE(a.closed);
  EXPECT_FALSE(b.closed || c.closed || other.closed);
  EXPECT_EQ(heads.count(), 3u);
}

TEST_F(SlowHeadsTest, AHeadThatEndedInTheMeantimeIsServed) {
  Connection a, b, c;
  begin(a, 1);
  begin(b, 1);
  begin(c, 1);
  a.head.reset();
  box.deliver();
  EXPECT_FALSE(a.closed);
  EXPECT_EQ(heads.count(), 2u);
}

TEST_F(SlowHeadsTest, HeadsThatEndMakeRoomForOthers) {
  Connection a, b;
  for (int i = 0; i < 10; ++i) {
    begin(a, 1);
    begin(b, 1);
    a.head.reset();
    b.head.reset();
  }
  EXPECT_EQ(told, 0);
  EXPECT_EQ(heads.count(), 0u);
}

}  // namespace
}  // namespace davit::router::guard
