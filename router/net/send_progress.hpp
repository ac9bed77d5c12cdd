#pragma once
#include <cstddef>

#include "router/net/socket.hpp"

namespace davit::router {

// Tells a peer that reads slowly from one that has stopped, while its socket takes no more bytes.
// The kernel says "writable" only when about a third of its buffer, up to some megabytes, is free
// again; a slow reader may need minutes for that. What it acknowledges meanwhile is seen here.
class SendProgress {
 public:
  void blocked(Socket& socket) { held_ = socket.held_bytes(); }
  // Since blocked(), or the last time this was asked.
  bool moved(Socket& socket) {
    const std::size_t before = held_;
    held_ = socket.held_bytes();
    return held_ < before;
  }

 private:
  std::size_t held_ = 0;
};

}  // namespace davit::router
