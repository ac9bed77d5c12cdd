#pragma once
#include <cstdint>

namespace davit::dyno {

// davit-dyno may not enter the dyno's network namespace (rootless it has no right to); its init is
// in it. So init makes sockets there on an order and hands them out, unconnected: a few at a time,
// over a pair of SOCK_SEQPACKET sockets.
struct SocketOrder {
  std::uint8_t family = 0;  // AF_INET or AF_INET6
  std::uint8_t count = 0;
};

// In init: answers every order that is there with the order and the sockets that could be made.
// False when davit-dyno is gone.
bool serve_socket_orders(int channel);

}  // namespace davit::dyno
