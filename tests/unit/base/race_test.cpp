#include "base/race.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/condition.hpp"

namespace davit {
namespace {

class RaceTest : public ::testing::Test {
 protected:
  // Runs the task until nothing is left to do; a task that never ends would show as a timeout.
  std::exception_ptr run(Task<> task) {
    std::exception_ptr failure;
    auto ended = [&](std::exception_ptr thrown) { failure = thrown; };
    asio::co_spawn(io_, std::move(task), asio::bind_cancellation_slot(stop_.slot(), ended));
    io_.run();
    io_.restart();
    return failure;
  }

  Task<> forever(bool& ended) {
    struct Note {
      bool& ended;
      ~Note() { ended = true; }
    };
    const Note note{ended};
    asio::steady_timer never(io_, SteadyTime::max());
    co_await never.async_wait(asio::use_awaitable);
  }
  // Cancels what run() runs, once it waits.
  void stop_soon() {
    asio::post(io_, [this] { stop_.emit(asio::cancellation_type::terminal); });
  }
  Task<> at_once() { co_return; }
  Task<> fails() {
    throw std::runtime_error("on purpose");
    co_return;
  }

  asio::io_context io_;
  asio::cancellation_signal stop_;
};

TEST_F(RaceTest, TheFirstEndsTheOthersAndIsNamed) {
  bool one = false, two = false;
  auto main = [&]() -> Task<> {
    std::vector<Task<>> tasks;
    tasks.push_back(forever(one));
    tasks.push_back(at_once());
    tasks.push_back(forever(two));
    const auto ended = co_await race(std::move(tasks));
    EXPECT_EQ(ended.first, 1u);
    EXPECT_TRUE(ended.failures[0]) << "cancelled";
    EXPECT_FALSE(ended.failures[1]);
    EXPECT_TRUE(one && two) << "all have ended";
  };
  EXPECT_FALSE(run(main()));
}

TEST_F(RaceTest, AFailureEndsTheRaceToo) {
  bool other = false;
  auto main = [&]() -> Task<> {
    std::vector<Task<>> tasks;
    tasks.push_back(forever(other));
    tasks.push_back(fails());
    const auto ended = co_await race(std::move(tasks));
    EXPECT_EQ(ended.first, 1u);
    EXPECT_THROW(std::rethrow_exception(ended.failures[1]), std::runtime_error);
    EXPECT_TRUE(other);
  };
  EXPECT_FALSE(run(main()));
}

TEST_F(RaceTest, RunAllWaitsForTheLast) {
  bool last = false;
  asio::steady_timer gate(io_, SteadyTime::max());
  auto waits = [&]() -> Task<> {
    boost::system::error_code ec;
    co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    last = true;
  };
  auto opens = [&]() -> Task<> {
    gate.cancel();
    co_return;
  };
  auto main = [&]() -> Task<> {
    std::vector<Task<>> tasks;
    tasks.push_back(waits());
    tasks.push_back(opens());
    co_await run_all(std::move(tasks));
    EXPECT_TRUE(last);
  };
  EXPECT_FALSE(run(main()));
}

TEST_F(RaceTest, WithinTellsWhoWasFirst) {
  bool late = false;
  auto main = [&]() -> Task<> {
    auto quick = at_once();
    const auto in_time = co_await within(SteadyTime::max(), std::move(quick));
    EXPECT_TRUE(in_time.in_time());
    auto slow = forever(late);
    const auto too_late = co_await within(std::chrono::milliseconds(1), std::move(slow));
    EXPECT_FALSE(too_late.in_time());
    EXPECT_TRUE(too_late.failures.front());
    EXPECT_TRUE(late) << "cancelled and ended";
  };
  EXPECT_FALSE(run(main()));
}

TEST_F(RaceTest, CancellingTheWaiterCancelsAll) {
  bool one = false, after = false;
  auto main = [&]() -> Task<> {
    stop_soon();
    auto slow = forever(one);
    const auto ended = co_await within(SteadyTime::max(), std::move(slow));
    EXPECT_TRUE(one);
    EXPECT_TRUE(ended.failures.front());
    co_await at_once();
    after = true;
  };
  EXPECT_TRUE(run(main()));
  EXPECT_TRUE(one);
  EXPECT_FALSE(after) << "a cancelled coroutine ends at its next wait";
}

TEST_F(RaceTest, AConditionWakesItsWaitersUntilTheirDeadline) {
  Condition news(io_.get_executor());
  auto main = [&]() -> Task<> {
    // Posted before the wait begins: the waiter is on the list before anything else runs.
    asio::post(io_, [&] { news.notify_all(); });
    const bool woken = co_await news.wait_until(SteadyTime::max());
    EXPECT_TRUE(woken);
    const bool in_time = co_await news.wait_until(std::chrono::steady_clock::now());
    EXPECT_FALSE(in_time);
  };
  EXPECT_FALSE(run(main()));
}

TEST_F(RaceTest, ACancelledConditionThrows) {
  Condition news(io_.get_executor());
  auto main = [&]() -> Task<> {
    stop_soon();
    (void)co_await news.wait_until(SteadyTime::max());
    ADD_FAILURE() << "must throw";
  };
  EXPECT_TRUE(run(main()));
}

}  // namespace
}  // namespace davit
