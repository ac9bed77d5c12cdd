#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>

namespace davit::dyno {

// Is a TCP socket of `uid` in state LISTEN on `port` in the text of /proc/net/tcp or tcp6?
// `past_listeners` tells that the table's listening sockets, which come first, have all been seen.
bool lists_listener(std::string_view table, std::uint16_t port, std::uint32_t uid,
                    bool& past_listeners);

// Looks at the host's tables, less and less often until it is true. Never connects: an app must not
// see a probe.
class ListenWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  ListenWatch(std::uint16_t port, std::uint32_t uid, Time now);

  Time due() const { return due_; }
  bool look(Time now);

 private:
  std::uint16_t port_;
  std::uint32_t uid_;
  std::chrono::milliseconds pause_;
  Time due_;
};

}  // namespace davit::dyno
