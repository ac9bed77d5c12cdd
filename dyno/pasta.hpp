#pragma once
#include <sys/types.h>

#include <string>
#include <utility>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "dyno/protocol/network.hpp"

namespace davit::dyno {

// pasta(1) beside a dyno of level B: carries what the dyno sends out of its network namespace by
// ordinary sockets of ours. Forwards no port in either direction and maps nothing to the host's
// loopback. Destruction kills it; so does our own death.
class Pasta {
 public:
  // `inside` is a process of ours in the dyno's user and network namespace that has not yet given
  // up its privileges. Returns once the namespace has a route to the outside, after at most
  // limits::pasta_start_timeout. The dead are left to be reaped by the caller.
  static Result<Pasta> start(const PastaUplink& uplink, pid_t inside);

  Pasta(Pasta&&) = default;
  Pasta& operator=(Pasta&& other) noexcept {
    std::swap(pidfd_, other.pidfd_);
    std::swap(errors_, other.errors_);
    return *this;
  }
  ~Pasta();

 private:
  explicit Pasta(UniqueFd pidfd) : pidfd_(std::move(pidfd)) {}
  std::string last_words();

  UniqueFd pidfd_;
  UniqueFd errors_;  // what it complains about; more than the pipe holds is lost
};

}  // namespace davit::dyno
