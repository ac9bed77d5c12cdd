#include "server/release/turns.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/task_group.hpp"
#include "tests/support/fakes.hpp"

namespace davit::release {
namespace {

class TurnsTest : public testing::Test {
 protected:
  void run(Task<> main) {
    asio::co_spawn(io_, std::move(main), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
    io_.run();
  }
  asio::io_context io_;
  Turns turns_{io_.get_executor()};
  test::SeededRandom random_{3};
  AppId app_ = AppId::make(random_);
  test::StringSink sink_;
};

TEST_F(TurnsTest, TheSecondWaitsForTheFirstAndIsTold) {
  std::string order;
  auto second = [&]() -> Task<> {
    auto turn = co_await turns_.take(app_, &sink_);
    order += "second;";
  };
  auto main = [&]() -> Task<> {
    TaskGroup group(io_.get_executor());
    auto turn = co_await turns_.take(app_, &sink_);
    EXPECT_EQ(sink_.text(), "");
    group.spawn("second", second());
    co_await asio::post(io_, asio::use_awaitable);
    co_await asio::post(io_, asio::use_awaitable);
    order += "first;";
    turn->reset();
    co_await group.join();
  };
  run(main());
  EXPECT_EQ(order, "first;second;");
  EXPECT_NE(sink_.text().find("waiting"), std::string::npos);
  EXPECT_FALSE(turns_.busy(app_));
}

TEST_F(TurnsTest, ACancelledWaiterLeavesTheQueue) {
  auto waiter = [&]() -> Task<> { auto turn = co_await turns_.take(app_, &sink_); };
  auto main = [&]() -> Task<> {
    TaskGroup group(io_.get_executor());
    auto turn = co_await turns_.take(app_, &sink_);
    group.spawn("waiter", waiter());
    co_await asio::post(io_, asio::use_awaitable);
    group.cancel();
    co_await group.join();
    turn->reset();
    auto again = co_await turns_.take(app_, &sink_);
    EXPECT_TRUE(again);
  };
  run(main());
}

}  // namespace
}  // namespace davit::release
