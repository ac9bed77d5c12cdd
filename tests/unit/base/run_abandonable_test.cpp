#include "base/run_abandonable.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <stop_token>

namespace davit {
namespace {

class Jobs : public ::testing::Test {
 protected:
  // Cancels the task once the job runs.
  std::exception_ptr run_cancelled(Task<> task, std::future<void> begun) {
    std::exception_ptr failure;
    auto ended = [&](std::exception_ptr thrown) { failure = thrown; };
    asio::co_spawn(io_, std::move(task), asio::bind_cancellation_slot(stop_.slot(), ended));
    io_.run_one();
    begun.wait();
    stop_.emit(asio::cancellation_type::terminal);
    io_.run();
    return failure;
  }
  asio::io_context io_;
  asio::thread_pool pool_{1};
  asio::cancellation_signal stop_;
};

TEST_F(Jobs, AnAbandonedJobRunsToItsEndAndHoldsNobodyUp) {
  std::promise<void> begun, go_on;
  bool done = false, came_back = false;
  auto job = [&] {
    begun.set_value();
    go_on.get_future().wait();
    done = true;
    return 1;
  };
  auto task = [&]() -> Task<> {
    co_await run_abandonable(pool_, job);
    came_back = true;
  };
  const auto failure = run_cancelled(task(), begun.get_future());
  EXPECT_TRUE(failure);
  EXPECT_FALSE(done);
  EXPECT_FALSE(came_back);
  go_on.set_value();
  pool_.join();
  EXPECT_TRUE(done);
  io_.restart();
  io_.run();  // its late end disturbs nobody
}

TEST_F(Jobs, AJobGivesItsValueOrThrows) {
  int value = 0;
  bool threw = false;
  auto task = [&]() -> Task<> {
    auto seven = [] { return 7; };
    value = co_await run_abandonable(pool_, seven);
    auto bad = []() -> int { throw std::runtime_error("bad"); };
    try {
      co_await run_abandonable(pool_, bad);
    } catch (const std::runtime_error&) {
      threw = true;
    }
    auto other_seven = [](const std::stop_token&) { return 7; };
    value += co_await run_stoppable(pool_, other_seven);
  };
  asio::co_spawn(io_, task(), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
  io_.run();
  pool_.join();
  EXPECT_EQ(value, 14);
  EXPECT_TRUE(threw);
}

TEST_F(Jobs, AStoppableJobIsToldAndWaitedFor) {
  std::promise<void> begun;
  std::promise<void> told;
  bool ended = false;
  auto job = [&](const std::stop_token& stop) {
    const std::stop_callback tell(stop, [&] { told.set_value(); });
    begun.set_value();
    told.get_future().wait();
    ended = true;
    return 1;
  };
  auto task = [&]() -> Task<> { co_await run_stoppable(pool_, job); };
  run_cancelled(task(), begun.get_future());
  EXPECT_TRUE(ended);
  pool_.join();
}

}  // namespace
}  // namespace davit
