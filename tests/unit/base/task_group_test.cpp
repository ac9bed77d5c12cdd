#include "base/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/run_blocking.hpp"

namespace davit {
namespace {

Task<> wait_forever(bool& started) {
  started = true;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_at(asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

Task<> fails() {
  throw std::runtime_error("on purpose");
  co_return;
}

TEST(TaskGroup, CancelStopsEveryTaskAndJoinWaitsForThem) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  bool one = false, two = false, joined = false;
  group.spawn("one", wait_forever(one));
  group.spawn("two", wait_forever(two));
  group.spawn("fails", fails());
  auto main = [&]() -> Task<> {
    group.cancel();
    co_await group.join();
    joined = true;
  };
  asio::post(io, [&] { asio::co_spawn(io, main(), [](std::exception_ptr) {}); });
  io.run();
  EXPECT_TRUE(one && two && joined);
  EXPECT_EQ(group.size(), 0u);
}

TEST(RunBlocking, BringsValuesAndExceptionsBack) {
  asio::io_context io;
  asio::thread_pool pool(1);
  std::string seen;
  auto main = [&]() -> Task<> {
    const auto value = co_await run_blocking(pool, [] { return std::string("value"); });
    seen = value;
    auto thrower = []() -> int { throw std::runtime_error("thrown"); };
    try {
      co_await run_blocking(pool, thrower);
    } catch (const std::runtime_error& error) {
      seen += error.what();
    }
  };
  asio::co_spawn(io, main(), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
  io.run();
  EXPECT_EQ(seen, "valuethrown");
}

}  // namespace
}  // namespace davit
