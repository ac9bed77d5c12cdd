#include "base/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "base/ensure.hpp"
#include "base/log.hpp"

namespace davit {

struct TaskGroup::State {
  struct Entry {
    std::string name;
    asio::cancellation_signal stop;
  };
  explicit State(asio::any_io_executor ex) : executor(ex), emptied(ex) {
    emptied.expires_at(asio::steady_timer::time_point::max());
  }
  asio::any_io_executor executor;
  std::list<Entry> entries;
  asio::steady_timer emptied;  // cancelled when the last task ends
  bool stopping = false;
};

namespace {

void report(const std::string& name, std::exception_ptr failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return;
    log::error("task failed", {{"task", name}, {"error", error.what()}});
  } catch (const std::exception& error) {
    log::error("task failed", {{"task", name}, {"error", error.what()}});
  }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
  ensure(state_->entries.empty(), "a task group is joined before it goes");
}

void TaskGroup::spawn(std::string name, Task<> task) {
  if (state_->stopping) return;
  state_->entries.emplace_back();
  const auto entry = std::prev(state_->entries.end());
  entry->name = std::move(name);
  auto ended = [state = state_, entry](std::exception_ptr failure) {
    report(entry->name, failure);
    // Posted: the signal must outlive its own emission, which may be what ended the task.
    asio::post(state->executor, [state, entry] {
      state->entries.erase(entry);
      if (state->entries.empty()) state->emptied.cancel();
    });
  };
  asio::co_spawn(state_->executor, std::move(task),
                 asio::bind_cancellation_slot(entry->stop.slot(), std::move(ended)));
}

void TaskGroup::cancel() {
  state_->stopping = true;
  for (auto it = state_->entries.begin(); it != state_->entries.end();) {
    auto& entry = *it++;
    entry.stop.emit(asio::cancellation_type::terminal);
  }
}

Task<> TaskGroup::join() {
  const auto state = state_;
  while (!state->entries.empty()) {
    boost::system::error_code ec;
    co_await state->emptied.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
}

std::size_t TaskGroup::size() const { return state_->entries.size(); }

}  // namespace davit
