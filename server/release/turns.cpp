#include "server/release/turns.hpp"

#include <algorithm>

namespace davit::release {
namespace {

constexpr std::size_t waiting_max = 20;  // pushes behind one app's running deploy

}  // namespace

struct Turns::Queue {
  explicit Queue(asio::any_io_executor executor) : moved(std::move(executor)) {}
  std::deque<std::uint64_t> tickets;  // the first one has the turn
  std::uint64_t next_ticket = 0;
  Condition moved;
};

// Holds a ticket from queueing on, so that a cancelled waiter leaves the queue.
class Turns::Turn final : public git::DeployTurn {
 public:
  Turn(Turns& turns, AppId app, std::shared_ptr<Queue> queue)
      : turns_(turns), app_(std::move(app)), queue_(std::move(queue)) {
    ticket_ = queue_->next_ticket++;
    queue_->tickets.push_back(ticket_);
  }
  ~Turn() override {
    std::erase(queue_->tickets, ticket_);
    queue_->moved.notify_all();
    if (queue_->tickets.empty()) turns_.queues_.erase(app_);
  }
  bool first() const { return queue_->tickets.front() == ticket_; }

 private:
  Turns& turns_;
  AppId app_;
  std::shared_ptr<Queue> queue_;
  std::uint64_t ticket_ = 0;
};

Task<Result<std::unique_ptr<git::DeployTurn>>> Turns::take(AppId app, OutputSink* progress) {
  auto& slot = queues_[app];
  if (!slot) slot = std::make_shared<Queue>(executor_);
  const auto queue = slot;
  if (queue->tickets.size() > waiting_max) {
    co_return fail(Errc::limit_exceeded,
                   "{} changes of this app wait already; try again when they are done",
                   waiting_max);
  }
  auto turn = std::make_unique<Turn>(*this, std::move(app), queue);
  if (!turn->first() && progress != nullptr) {
    std::string text = "-----> Another deploy of this app is running; waiting for its end...\n";
    co_await progress->write(std::move(text));
  }
  while (!turn->first()) co_await queue->moved.wait();
  std::unique_ptr<git::DeployTurn> taken = std::move(turn);
  co_return std::move(taken);
}

}  // namespace davit::release
