#include "dyno/socket_stock.hpp"

#include "base/fd_passing.hpp"
#include "dyno/limits.hpp"
#include "dyno/socket_maker.hpp"

namespace davit::dyno {

void SocketStock::close() {
  channel_.reset();
  v4_.sockets.clear();
  v6_.sockets.clear();
}

SocketStock::Taken SocketStock::take(Family family) {
  Shelf& from = shelf(family);
  Taken taken;
  if (!from.sockets.empty()) {
    taken = {State::ready, std::move(from.sockets.back())};
    from.sockets.pop_back();
  } else if (from.empty_handed) {
    from.empty_handed = false;  // maybe next time
    return taken;
  }
  if (from.sockets.size() < limits::socket_stock / 2) order(family);
  if (taken.state == State::none && channel_) taken.state = State::ordered;
  return taken;
}

void SocketStock::order(Family family) {
  if (ordered_ || !channel_) return;
  const SocketOrder order{static_cast<std::uint8_t>(family),
                          static_cast<std::uint8_t>(limits::socket_stock)};
  const auto sent =
      pass_fds(channel_.get(), {reinterpret_cast<const char*>(&order), sizeof order}, {});
  if (sent == PassState::closed) return close();
  ordered_ = sent == PassState::done;
}

void SocketStock::receive() {
  SocketOrder answer;
  auto got = take_fds(channel_.get(), {reinterpret_cast<char*>(&answer), sizeof answer});
  if (got.state == PassState::would_block) return;
  if (got.state == PassState::closed || got.bytes != sizeof answer) return close();
  ordered_ = false;
  Shelf& to = shelf(static_cast<Family>(answer.family));
  to.empty_handed = got.fds.empty();
  for (auto& fd : got.fds) to.sockets.push_back(std::move(fd));
}

}  // namespace davit::dyno
