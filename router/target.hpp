#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "router/net/address.hpp"

namespace davit::router {

struct Target;
class Gate;

// Hears that the last request of a retired target has ended: on the thread that ended it, maybe
// more than once.
class DrainListener {
 public:
  virtual void on_drained(const Target& target) = 0;

 protected:
  ~DrainListener() = default;
};

// Something that answers requests: a dyno, or the control plane. Its identity outlives route
// tables, so that counts and idle connections do. Any thread: what it is was written before it was
// shared; what happens to it is atomic. The counts stand between things that are rarely read, so
// that counting on one thread does not slow down another's look at a name; whole cache lines for
// them alone would be a megabyte for ten thousand dynos.
struct Target {
  // Takes a place while fewer than `limit` are taken. The place is the caller's to leave.
  bool enter(std::uint32_t limit) {
    std::uint64_t seen = load_.load(std::memory_order_relaxed);
    do {
      if ((seen & places_mask) >= limit) return false;
    } while (!load_.compare_exchange_weak(seen, seen + one_request));
    return true;
  }
  void leave() { load_.fetch_sub(1); }
  // The place of a request that has become a tunnel is free for another.
  void to_tunnel() {
    tunnels_.fetch_add(1);
    leave();
  }
  void end_tunnel() { tunnels_.fetch_sub(1); }

  std::uint32_t places() const { return static_cast<std::uint32_t>(load_.load() & places_mask); }
  std::uint32_t tunnels() const { return tunnels_.load(std::memory_order_relaxed); }
  bool busy() const { return places() > 0 || tunnels_.load() > 0; }
  std::uint64_t begun() const { return load_.load(std::memory_order_relaxed) >> places_bits; }

  SteadyTime quarantined_until() const {
    return SteadyTime(SteadyTime::duration(quarantine_.load(std::memory_order_relaxed)));
  }
  void quarantine_until(SteadyTime time) {
    quarantine_.store(time.time_since_epoch().count(), std::memory_order_relaxed);
  }
  void tell_if_drained() {
    DrainListener* const listener = retired.load();
    if (listener != nullptr && !busy()) listener->on_drained(*this);
  }

 private:
  // Requests in flight in the low bits, those ever begun above: one atomic step a request.
  static constexpr int places_bits = 24;
  static constexpr std::uint64_t places_mask = (1ull << places_bits) - 1;
  static constexpr std::uint64_t one_request = (1ull << places_bits) + 1;

  std::atomic<std::uint64_t> load_{0};
  std::atomic<std::uint32_t> tunnels_{0};
  std::atomic<SteadyTime::rep> quarantine_{0};

 public:
  // Set once no thread can begin a request on it any more.
  std::atomic<DrainListener*> retired{nullptr};
  // Out of the newest table, though a thread may still serve by one before it.
  std::atomic<bool> leaving{false};

  std::string id;              // DynoId; empty for the control plane
  std::string name;            // "web.1"
  std::shared_ptr<Gate> gate;  // of its app; none for the control plane
  std::string endpoint;        // as Address::parse() takes it: it was tried
  std::uint64_t table = 0;     // version of the one that brought it
};
using TargetPtr = std::shared_ptr<Target>;

// One request (or tunnel) on a target, counted as long as this lives. When it ends, whoever waits
// for a place of the app is served. One thread at a time.
class InFlight {
 public:
  InFlight() = default;
  // Of a place that was entered.
  explicit InFlight(TargetPtr entered) : target_(std::move(entered)) {}
  // Where nothing limits.
  static InFlight on(TargetPtr target) {
    target->enter(~std::uint32_t{0});
    return InFlight(std::move(target));
  }
  InFlight(InFlight&& other) noexcept
      : target_(std::move(other.target_)), tunnel_(std::exchange(other.tunnel_, false)) {}
  InFlight& operator=(InFlight&& other) noexcept {
    if (this != &other) {
      release();
      target_ = std::move(other.target_);
      tunnel_ = std::exchange(other.tunnel_, false);
    }
    return *this;
  }
  ~InFlight() { release(); }

  // Still in flight, but in nobody's way.
  void become_tunnel();
  void release();
  const TargetPtr& target() const { return target_; }
  explicit operator bool() const { return target_ != nullptr; }

 private:
  TargetPtr target_;
  bool tunnel_ = false;
};

}  // namespace davit::router
