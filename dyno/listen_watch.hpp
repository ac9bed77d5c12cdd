#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/unique_fd.hpp"
#include "dyno/socket_stock.hpp"

namespace davit::dyno {

// Is a TCP socket of `uid` in state LISTEN on `port` in the text of /proc/net/tcp or tcp6?
// `past_listeners` tells that the table's listening sockets, which come first, have all been seen.
bool lists_listener(std::string_view table, std::uint16_t port, std::uint32_t uid,
                    bool& past_listeners);

// The listening sockets of one network namespace (proc(5)): opened once, they stay readable, also
// where /proc hides other processes.
struct ListenTables {
  UniqueFd tcp;
  UniqueFd tcp6;
  static ListenTables of(pid_t process);
};

// Looks at the tables, less and less often until it is true. Never connects: an app must not
// see a probe.
class ListenWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  ListenWatch(std::uint16_t port, std::uint32_t uid, ListenTables tables, Time now);

  Time due() const { return due_; }
  bool look(Time now);
  // Once look() was true: where it listens. A listener on [::] is reached by both.
  Family family() const { return family_; }

 private:
  std::uint16_t port_;
  std::uint32_t uid_;
  std::chrono::milliseconds pause_;
  ListenTables tables_;
  Family family_ = Family::v4;
  Time due_;
};

}  // namespace davit::dyno
