#pragma once
#include <atomic>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <mutex>
#include <optional>

#include "router/balancer.hpp"

namespace davit::router {

// A request that waits at a gate. Its own thread's, but for on_place(); it must have left the gate
// before it is destroyed.
class Waiter : public boost::intrusive::list_base_hook<> {
 public:
  enum class State : std::uint8_t { away, queued, granted };

 protected:
  Waiter() = default;
  virtual ~Waiter() = default;
  // Any thread, with the gate locked: tell your own thread, which takes the place.
  virtual void on_place() = 0;
  // Undo of on_place(), when the own thread no longer wants it. The gate is locked.
  virtual void off_place() = 0;
  // Own thread, after on_place().
  InFlight take_place() {
    state_ = State::away;
    return std::move(place_);
  }

 private:
  friend class Gate;
  State state_ = State::away;  // queued and granted change only with the gate locked
  const Target* only_ = nullptr;
  InFlight place_;
};

// The way to an app's dynos: how many requests each of them may have at once, and one queue of
// those that found no place, first come first served over all threads. Whoever finds a place and
// nobody waiting takes no lock. One per app; it outlives route tables. Pure: time comes with each
// call. Any thread.
class Gate {
 public:
  // From now on: the dynos and rules of a new table. Serves those that wait.
  void open(std::shared_ptr<const DynoSet> dynos, SteadyTime now);
  // The app has left the table. Lets go of the dynos: they refer to their gate.
  void close();

  // A place on one of `dynos` (the caller's table), unless others wait: nobody is overtaken.
  std::optional<InFlight> enter(const DynoSet& dynos, Wish wish);

  enum class Rank : std::uint8_t { newcomer, had_a_place };  // this one goes to the front
  // The place may come before this returns. Who joins has been let in by hold().
  void join(Waiter& waiter, Rank rank, const Target* only, SteadyTime now);
  // Any dyno will do now.
  void take_any(Waiter& waiter, SteadyTime now);
  // Leaves the queue, or gives a place back that was granted and not taken. Also when away.
  void withdraw(Waiter& waiter);
  // Serves those that wait, as far as there are places. Now and then, for dynos that come out of
  // quarantine.
  void serve(SteadyTime now);
  // Somebody has left a place.
  void on_left() {
    if (waiting_.load() > 0) serve(SteadyTime::min());
  }

  std::size_t waiting() const { return waiting_.load(); }

  // Counts one that waits here, or for the app to have a dyno at all. false: there are too many
  // (limits::parked_per_app_max).
  bool hold();
  void let_go() { held_.fetch_sub(1); }
  std::size_t held() const { return held_.load(); }

 private:
  using Queue = boost::intrusive::list<Waiter>;
  void serve_locked(SteadyTime now);

  std::atomic<std::size_t> waiting_{0};  // of queue_; read by every request
  std::atomic<std::size_t> held_{0};
  std::atomic<std::uint32_t> turn_{0};

  std::mutex mutex_;  // all below
  Queue queue_;
  std::shared_ptr<const DynoSet> dynos_ = std::make_shared<const DynoSet>();
  SteadyTime now_ = SteadyTime::min();  // the newest that anyone told
  FastRandom random_{0x9e3779b97f4a7c15ull};
};
using GatePtr = std::shared_ptr<Gate>;

}  // namespace davit::router
