#pragma once
#include <boost/intrusive/list.hpp>
#include <functional>
#include <mutex>
#include <utility>

namespace davit::router {

// A request to which a place at a dyno has been given, maybe by another thread.
class Placed : public boost::intrusive::list_base_hook<> {
 public:
  virtual void on_placed() = 0;  // own thread

 protected:
  virtual ~Placed() = default;
};

// Where other threads leave the places that they give to one thread's requests.
class PlaceBox {
 public:
  // `arrived` is called on the giving thread when the box was empty: it sees to it that the own
  // thread calls deliver() soon.
  explicit PlaceBox(std::function<void()> arrived) : arrived_(std::move(arrived)) {}

  // Any thread.
  void put(Placed& request) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = placed_.empty();
      placed_.push_back(request);
    }
    if (first) arrived_();
  }
  // Any thread; it is in the box.
  void take_out(Placed& request) {
    const std::lock_guard lock(mutex_);
    placed_.erase(Placed_::s_iterator_to(request));
  }
  // Own thread. One at a time: each may take out any other.
  void deliver() {
    while (Placed* const request = pop()) request->on_placed();
  }

 private:
  using Placed_ = boost::intrusive::list<Placed>;
  Placed* pop() {
    const std::lock_guard lock(mutex_);
    if (placed_.empty()) return nullptr;
    Placed& first = placed_.front();
    placed_.pop_front();
    return &first;
  }

  const std::function<void()> arrived_;
  std::mutex mutex_;
  Placed_ placed_;
};

}  // namespace davit::router
