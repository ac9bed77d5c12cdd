#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <vector>

#include "base/unique_fd.hpp"

namespace davit::dyno {

enum class Family : std::uint8_t { v4 = AF_INET, v6 = AF_INET6 };

// davit-dyno's end of socket_maker.hpp: unconnected sockets of the dyno's namespace, a few of them
// ready before they are asked for.
class SocketStock {
 public:
  enum class State {
    ready,
    ordered,  // ask again after receive()
    none,     // the namespace has none of this family, or the dyno is gone
  };
  struct Taken {
    State state = State::none;
    UniqueFd socket;
  };

  explicit SocketStock(UniqueFd channel) : channel_(std::move(channel)) {}

  int fd() const { return channel_.get(); }  // to poll; -1: nothing comes any more
  void close();

  Taken take(Family family);
  void receive();  // what init sent; call it when fd() is readable

 private:
  struct Shelf {
    std::vector<UniqueFd> sockets;
    bool empty_handed = false;  // the last order brought nothing
  };
  Shelf& shelf(Family family) { return family == Family::v4 ? v4_ : v6_; }
  void order(Family family);

  UniqueFd channel_;
  Shelf v4_;
  Shelf v6_;
  bool ordered_ = false;  // one order at a time: its answer always fits the channel
};

}  // namespace davit::dyno
