#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "router/net/address.hpp"

namespace davit::router {

struct Target;

// Hears that the last request of a retired target has ended.
class DrainListener {
 public:
  virtual void on_drained(const Target& target) = 0;

 protected:
  ~DrainListener() = default;
};

// Something that answers requests: a dyno, or the control plane. Its identity outlives route
// tables, so that counts and idle connections do. io thread only.
struct Target {
  std::string id;    // DynoId; empty for the control plane
  std::string name;  // "web.1"
  Address address;

  int in_flight = 0;
  std::uint64_t requests = 0;  // ever begun
  std::uint64_t table = 0;     // version of the one that brought it
  SteadyTime quarantined_until{};
  DrainListener* retired = nullptr;  // set once it is out of the table
};
using TargetPtr = std::shared_ptr<Target>;

// One request (or tunnel) on a target, counted as long as this lives.
class InFlight {
 public:
  InFlight() = default;
  explicit InFlight(TargetPtr target) : target_(std::move(target)) {
    ++target_->in_flight;
    ++target_->requests;
  }
  InFlight(InFlight&& other) noexcept : target_(std::move(other.target_)) {}
  InFlight& operator=(InFlight&& other) noexcept {
    if (this != &other) {
      release();
      target_ = std::move(other.target_);
    }
    return *this;
  }
  ~InFlight() { release(); }

  void release() {
    const TargetPtr target = std::move(target_);
    target_.reset();
    if (target && --target->in_flight == 0 && target->retired) target->retired->on_drained(*target);
  }
  const TargetPtr& target() const { return target_; }
  explicit operator bool() const { return target_ != nullptr; }

 private:
  TargetPtr target_;
};

}  // namespace davit::router
