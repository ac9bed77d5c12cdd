#include "base/child_reaper.hpp"

#include <fcntl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <list>

namespace davit {

struct ChildReaper::State {
  struct Child {
    Process process;
    asio::posix::stream_descriptor ended;  // a copy of the pidfd: both close what they own
  };
  explicit State(asio::any_io_executor ex) : executor(std::move(ex)) {}
  asio::any_io_executor executor;
  std::list<Child> children;
};

ChildReaper::ChildReaper(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

ChildReaper::~ChildReaper() { state_->children.clear(); }

void ChildReaper::watch(Process process) {
  const int copy = ::fcntl(process.pidfd(), F_DUPFD_CLOEXEC, 0);
  asio::posix::stream_descriptor descriptor(state_->executor, copy);
  state_->children.push_back({std::move(process), std::move(descriptor)});
  const auto child = std::prev(state_->children.end());
  const std::weak_ptr<State> weak = state_;
  child->ended.async_wait(asio::posix::stream_descriptor::wait_read,
                          [weak, child](const boost::system::error_code& ec) {
                            const auto state = weak.lock();
                            if (!state || ec) return;
                            // It is a zombie already: this does not block.
                            (void)child->process.wait();
                            state->children.erase(child);
                          });
}

}  // namespace davit
