#pragma once
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/async.hpp"

namespace davit {

// Runs a job that may block (disk, libgit2, SQLite) on a pool, and resumes the coroutine on its own
// executor. The job's exception comes out here. Cancelling does not stop a job that runs: keep jobs
// short. Name the job on the line above when it owns something: g++ 12 destroys such a capture
// twice when it is built inside a co_await expression.
template <class Job>
Task<std::invoke_result_t<Job>> run_blocking(asio::thread_pool& pool, Job job) {
  using Value = std::invoke_result_t<Job>;
  using Slot = std::conditional_t<std::is_void_v<Value>, bool, std::optional<Value>>;
  struct State {
    explicit State(Job&& j) : job(std::move(j)) {}
    Job job;
    Slot slot{};
  };
  auto state = std::make_shared<State>(std::move(job));
  auto initiate = [&pool, state](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    auto work = [state, handler = std::move(handler), executor,
                 guard = asio::make_work_guard(executor)]() mutable {
      std::exception_ptr failure;
      try {
        if constexpr (std::is_void_v<Value>) {
          state->job();
        } else {
          state->slot.emplace(state->job());
        }
      } catch (...) {
        failure = std::current_exception();
      }
      asio::post(executor, [handler = std::move(handler), failure]() mutable { handler(failure); });
    };
    asio::post(pool, std::move(work));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
      initiate, asio::use_awaitable);
  if constexpr (!std::is_void_v<Value>) co_return std::move(*state->slot);
}

}  // namespace davit
