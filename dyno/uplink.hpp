#pragma once
#include <sys/types.h>

#include <optional>

#include "base/result.hpp"
#include "dyno/pasta.hpp"
#include "dyno/protocol/network.hpp"
#include "dyno/veth.hpp"

namespace davit::dyno {

// What connects an isolated dyno to the outside, seen from davit-dyno. Destruction cuts it.
class Uplink {
 public:
  // `inside` is the dyno's init, which waits for it.
  static Result<Uplink> attach(const Network& network, pid_t inside);

 private:
  std::optional<Veth> veth_;
  std::optional<Pasta> pasta_;
};

// In the dyno's namespace, before privileges are dropped: its loopback device, and its end of the
// uplink.
Result<> set_up_inside(const Network& network);

}  // namespace davit::dyno
