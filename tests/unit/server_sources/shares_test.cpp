#include "server/sources/shares.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "base/task_group.hpp"

namespace davit::sources {
namespace {

TEST(ShareList, NobodyHoldsMoreThanAPart) {
  ShareList list(3, 2);
  const auto a1 = list.join("a"), a2 = list.join("a"), a3 = list.join("a"), b1 = list.join("b");
  EXPECT_TRUE(list.may_begin(a1));
  EXPECT_FALSE(list.may_begin(a2)) << "in the order in which they came";
  list.begin(a1);
  list.begin(a2);
  EXPECT_FALSE(list.may_begin(a3));
  EXPECT_TRUE(list.may_begin(b1)) << "who has enough is passed over";
  list.begin(b1);
  const auto c1 = list.join("c");
  EXPECT_FALSE(list.may_begin(c1)) << "all are in use";
  list.leave(a1);
  EXPECT_TRUE(list.may_begin(a3)) << "and kept its place";
  EXPECT_FALSE(list.may_begin(c1));
  list.leave(a3);
  EXPECT_TRUE(list.may_begin(c1));
}

TEST(Shares, AWaiterThatLeavesHoldsNobodyUp) {
  asio::io_context io;
  Shares shares(1, 1);
  TaskGroup group(io.get_executor()), given_up(io.get_executor());
  std::string order;
  const auto hold = [&](std::string who, std::unique_ptr<Shares::Share>& kept) -> Task<> {
    auto share = co_await shares.take(who);
    order += who;
    kept = std::move(share);
  };
  const auto settle = [&] {
    io.restart();
    io.poll();
  };
  std::unique_ptr<Shares::Share> first, second, third;
  group.spawn("first", hold("1", first));
  settle();
  given_up.spawn("second", hold("2", second));
  settle();
  group.spawn("third", hold("3", third));
  settle();
  EXPECT_EQ(order, "1");
  given_up.cancel();
  settle();
  first.reset();
  settle();
  EXPECT_EQ(order, "13");
  third.reset();
  settle();
}

}  // namespace
}  // namespace davit::sources
