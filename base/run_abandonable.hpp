#pragma once
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>

#include "base/async.hpp"

// Jobs on a pool whose waiter may be cancelled while they run; run_blocking() where it may not.
namespace davit {

// Both sides of one waiter; its executor's thread alone touches it, except `job` and `result`.
template <class Handler>
struct Waiter {
  explicit Waiter(Handler&& h)
      : executor(asio::get_associated_executor(h)), guard(executor), handler(std::move(h)) {}
  using Executor = asio::associated_executor_t<Handler>;

  // Once; later calls do nothing.
  void complete(std::exception_ptr failure) {
    if (!handler) return;
    asio::get_associated_cancellation_slot(*handler).clear();
    Handler ready = std::move(*handler);
    handler.reset();
    guard.reset();
    ready(std::move(failure));
  }

  Executor executor;
  asio::executor_work_guard<Executor> guard;
  std::optional<Handler> handler;
};

// As run_blocking(), but a cancelled waiter goes on at once (operation_aborted). The job runs to
// its end all the same and its result is dropped: it must own what it uses, or use only what
// outlives the pool.
template <class Job>
Task<std::invoke_result_t<Job>> run_abandonable(asio::thread_pool& pool, Job job) {
  using Value = std::invoke_result_t<Job>;
  struct State {
    explicit State(Job&& j) : job(std::move(j)) {}
    Job job;
    std::optional<Value> value;
  };
  auto state = std::make_shared<State>(std::move(job));
  auto initiate = [&pool, state](auto handler) {
    using TheWaiter = Waiter<decltype(handler)>;
    auto waiter = std::make_shared<TheWaiter>(std::move(handler));
    auto slot = asio::get_associated_cancellation_slot(*waiter->handler);
    if (slot.is_connected()) {
      // Weak: the slot lives in the coroutine that the handler holds.
      slot.assign([weak = std::weak_ptr<TheWaiter>(waiter)](asio::cancellation_type) {
        const auto there = weak.lock();
        if (!there) return;
        // Later: the slot must not be cleared from within itself.
        asio::post(there->executor, [there] {
          const boost::system::system_error aborted(asio::error::operation_aborted);
          there->complete(std::make_exception_ptr(aborted));
        });
      });
    }
    asio::post(pool, [state, waiter]() mutable {
      std::exception_ptr failure;
      try {
        state->value.emplace(state->job());
      } catch (...) {
        failure = std::current_exception();
      }
      const auto executor = waiter->executor;
      asio::post(executor, [waiter = std::move(waiter), failure] { waiter->complete(failure); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
      initiate, asio::use_awaitable);
  co_return std::move(*state->value);
}

// Runs a job that can be told to end soon: it is given a token by which `stop` reaches it, which is
// asked for when the waiter is cancelled, and may be by others. The waiter goes on once the job has
// ended, so the job may use what the waiter owns; nothing may depend on the job's end being soon.
template <class Job>
Task<std::invoke_result_t<Job, std::stop_token>> run_stoppable(asio::thread_pool& pool, Job job,
                                                               std::stop_source stop = {}) {
  using Value = std::invoke_result_t<Job, std::stop_token>;
  struct State {
    explicit State(Job&& j) : job(std::move(j)) {}
    Job job;
    std::optional<Value> value;
  };
  auto state = std::make_shared<State>(std::move(job));
  auto initiate = [&pool, state, stop](auto handler) {
    auto waiter = std::make_shared<Waiter<decltype(handler)>>(std::move(handler));
    auto slot = asio::get_associated_cancellation_slot(*waiter->handler);
    if (slot.is_connected()) {
      slot.assign([stop](asio::cancellation_type) mutable { stop.request_stop(); });
    }
    asio::post(pool, [state, waiter, token = stop.get_token()]() mutable {
      std::exception_ptr failure;
      try {
        state->value.emplace(state->job(std::move(token)));
      } catch (...) {
        failure = std::current_exception();
      }
      const auto executor = waiter->executor;
      asio::post(executor, [waiter = std::move(waiter), failure] { waiter->complete(failure); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
      initiate, asio::use_awaitable);
  co_return std::move(*state->value);
}

}  // namespace davit
