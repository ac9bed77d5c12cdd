#include "base/condition.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "base/race.hpp"

namespace davit {
namespace {

// A waiter that was cancelled looks like one that was notified: both see operation_aborted.
Task<> throw_if_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

}  // namespace

Condition::Condition(asio::any_io_executor executor)
    : never_(executor, asio::steady_timer::time_point::max()) {}

void Condition::notify_all() { never_.cancel(); }

Task<> Condition::wait() {
  boost::system::error_code ec;
  co_await never_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  co_await throw_if_cancelled();
}

Task<bool> Condition::wait_until(SteadyTime deadline) {
  auto notified = wait();
  const auto ended = co_await within(deadline, std::move(notified));
  co_await throw_if_cancelled();
  co_return ended.in_time();
}

}  // namespace davit
