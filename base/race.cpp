#include "base/race.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace davit {
namespace {

using Operation = decltype(asio::co_spawn(std::declval<asio::any_io_executor>(),
                                          std::declval<Task<>>(), asio::deferred));

template <class Condition>
Task<RaceEnd> run_until(std::vector<Task<>> tasks, Condition condition) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<Operation> operations;
  operations.reserve(tasks.size());
  for (auto& task : tasks) {
    operations.push_back(asio::co_spawn(executor, std::move(task), asio::deferred));
  }
  auto group = asio::experimental::make_parallel_group(std::move(operations));
  auto [order, failures] = co_await group.async_wait(condition, asio::use_awaitable);
  RaceEnd end;
  end.first = order.front();
  end.failures = std::move(failures);
  co_return end;
}

Task<> sleep_until(SteadyTime time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

Task<RaceEnd> race(std::vector<Task<>> tasks) {
  co_return co_await run_until(std::move(tasks), asio::experimental::wait_for_one());
}

Task<> run_all(std::vector<Task<>> tasks) {
  co_await run_until(std::move(tasks), asio::experimental::wait_for_all());
}

Task<RaceEnd> within(SteadyTime deadline, Task<> task) {
  std::vector<Task<>> tasks;
  tasks.push_back(std::move(task));
  tasks.push_back(sleep_until(deadline));
  co_return co_await race(std::move(tasks));
}

Task<RaceEnd> within(SteadyTime::duration limit, Task<> task) {
  return within(std::chrono::steady_clock::now() + limit, std::move(task));
}

}  // namespace davit
