#include "router/gate.hpp"

#include <algorithm>

namespace davit::router {

void Gate::open(std::shared_ptr<const DynoSet> dynos, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  // Swapped, so that the old ones are freed by the caller.
  dynos_.swap(dynos);
  serve_locked(now);
}

void Gate::close() {
  auto none = std::make_shared<const DynoSet>();
  const std::lock_guard lock(mutex_);
  dynos_.swap(none);
}

std::optional<InFlight> Gate::enter(const DynoSet& dynos, Wish wish) {
  if (waiting_.load() > 0) return std::nullopt;
  if (dynos.rules().policy == Policy::round_robin) {
    wish.turn = turn_.fetch_add(1, std::memory_order_relaxed);
  }
  // Another thread may take the place that was seen free: then look again, as long as there is one.
  while (const TargetPtr* const dyno = choose_dyno(dynos, wish)) {
    if ((*dyno)->enter(dynos.rules().concurrency)) return InFlight(*dyno);
  }
  return std::nullopt;
}

void Gate::join(Waiter& waiter, Rank rank, const Target* only, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  waiter.state_ = Waiter::State::queued;
  waiter.only_ = only;
  if (rank == Rank::newcomer) {
    queue_.push_back(waiter);
  } else {
    queue_.push_front(waiter);
  }
  // Told before the look for a place: who leaves one after that look sees that somebody waits.
  waiting_.store(queue_.size());
  serve_locked(now);
}

void Gate::take_any(Waiter& waiter, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  waiter.only_ = nullptr;
  serve_locked(now);
}

void Gate::withdraw(Waiter& waiter) {
  InFlight unwanted;  // released after the lock: that serves the next
  const std::lock_guard lock(mutex_);
  if (waiter.state_ == Waiter::State::queued) {
    queue_.erase(Queue::s_iterator_to(waiter));
    waiting_.store(queue_.size());
  } else if (waiter.state_ == Waiter::State::granted) {
    waiter.off_place();
    unwanted = std::move(waiter.place_);
  }
  waiter.state_ = Waiter::State::away;
}

void Gate::serve(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  serve_locked(now);
}

void Gate::serve_locked(SteadyTime now) {
  now_ = std::max(now_, now);
  const Tried none;
  for (auto next = queue_.begin(); next != queue_.end();) {
    Waiter& waiter = *next;
    Wish wish{now_, none, random_, 0, waiter.only_};
    if (dynos_->rules().policy == Policy::round_robin) {
      wish.turn = turn_.fetch_add(1, std::memory_order_relaxed);
    }
    const TargetPtr* const dyno = choose_dyno(*dynos_, wish);
    if (dyno == nullptr) {
      if (waiter.only_ == nullptr) return;  // there is no place for anybody
      ++next;
      continue;
    }
    if (!(*dyno)->enter(dynos_->rules().concurrency)) continue;  // just taken: look again
    next = queue_.erase(next);
    waiting_.store(queue_.size());
    waiter.state_ = Waiter::State::granted;
    waiter.place_ = InFlight(*dyno);
    waiter.on_place();
  }
}

bool Gate::hold() {
  if (held_.fetch_add(1) < limits::parked_per_app_max) return true;
  held_.fetch_sub(1);
  return false;
}

void InFlight::become_tunnel() {
  if (!target_ || tunnel_) return;
  tunnel_ = true;
  target_->to_tunnel();
  if (target_->gate) target_->gate->on_left();
}

void InFlight::release() {
  const TargetPtr target = std::move(target_);
  target_.reset();
  if (!target) return;
  if (std::exchange(tunnel_, false)) {
    target->end_tunnel();
  } else {
    target->leave();
    if (target->gate) target->gate->on_left();
  }
  target->tell_if_drained();
}

}  // namespace davit::router
