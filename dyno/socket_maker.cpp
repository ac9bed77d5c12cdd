#include "dyno/socket_maker.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "base/fd_passing.hpp"

namespace davit::dyno {
namespace {

std::vector<UniqueFd> make_sockets(const SocketOrder& order) {
  std::vector<UniqueFd> sockets;
  while (sockets.size() < std::min<std::size_t>(order.count, passed_fds_max)) {
    UniqueFd fd(::socket(order.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) break;  // no such family here, or out of something: fewer come
    sockets.push_back(std::move(fd));
  }
  return sockets;
}

}  // namespace

bool serve_socket_orders(int channel) {
  for (;;) {
    SocketOrder order;
    const auto got = take_fds(channel, {reinterpret_cast<char*>(&order), sizeof order});
    if (got.state == PassState::would_block) return true;
    if (got.state == PassState::closed || got.bytes != sizeof order) return false;
    const auto sockets = make_sockets(order);
    std::vector<int> fds;
    for (const auto& socket : sockets) fds.push_back(socket.get());
    // One order is out at a time: its answer always fits.
    if (pass_fds(channel, {reinterpret_cast<const char*>(&order), sizeof order}, fds) ==
        PassState::closed) {
      return false;
    }
  }
}

}  // namespace davit::dyno
