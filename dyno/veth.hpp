#pragma once
#include <sys/types.h>

#include <string>
#include <utility>

#include "base/result.hpp"
#include "dyno/protocol/network.hpp"

namespace davit::dyno {

inline constexpr const char* inner_device = "eth0";

// A pair of virtual devices between the host and a dyno's network namespace (veth(4)). Destruction
// removes both: the namespace itself may live on for as long as a router holds a connection in it.
class Veth {
 public:
  // In the host's namespace, as root. `inside` is any process of the dyno's namespace. An error
  // where the device exists: it may be another dyno's.
  static Result<Veth> make(const VethUplink& uplink, pid_t inside);

  Veth(Veth&& other) noexcept : device_(std::move(other.device_)) { other.device_.clear(); }
  Veth& operator=(Veth&& other) noexcept {
    std::swap(device_, other.device_);
    return *this;
  }
  ~Veth();

 private:
  explicit Veth(std::string device) : device_(std::move(device)) {}
  std::string device_;
};

// In the dyno's namespace, with CAP_NET_ADMIN there: addresses and routes of the inner end.
Result<> configure_inner_end(const VethUplink& uplink);

}  // namespace davit::dyno
