#include "router/connector.hpp"

#include <boost/asio/post.hpp>
#include <cerrno>

namespace davit::router {

// A connection on its way. Held by its handler; its deadline closes the socket, which ends the
// wait.
struct DirectConnector::Attempt final : Timed, Pending, std::enable_shared_from_this<Attempt> {
  Attempt(Socket s, int fd, ConnectHandler h)
      : socket(std::move(s)), native(fd), handler(std::move(h)) {}

  void wait() {
    socket.wait_writable([self = shared_from_this()](ErrorCode) { self->finish(); });
  }
  void finish() {
    TimerWheel::cancel(*this);
    Pending::unlink();
    if (dropped) return;
    if (timed_out) return handler({ConnectState::timed_out, std::nullopt});
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(native, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return handler({ConnectState::refused, std::nullopt});
    handler({ConnectState::connected, std::move(socket)});
  }
  void on_deadline() override {
    timed_out = true;
    socket.close();
  }

  Socket socket;
  int native;
  ConnectHandler handler;
  bool timed_out = false;
  bool dropped = false;
};

void DirectConnector::connect(const Target& target, ConnectHandler handler) {
  const auto refuse = [this, &handler] {
    asio::post(io_, [handler = std::move(handler)] {
      handler({ConnectState::refused, std::nullopt});
    });
  };
  const auto parsed = Address::parse(target.endpoint);
  if (!parsed) return refuse();
  const Address& address = *parsed;
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return refuse();
  UniqueFd owned(fd);
  const int done = ::connect(fd, address.data(), address.size());
  // EAGAIN of a Unix socket: its queue is full, and nobody would tell us when it is not.
  if (done != 0 && errno != EINPROGRESS) return refuse();
  auto attempt = std::make_shared<Attempt>(Socket(io_, std::move(owned), address.family()), fd,
                                           std::move(handler));
  pending_.push_back(*attempt);
  if (done == 0) {
    asio::post(io_, [attempt] { attempt->finish(); });
    return;
  }
  wheel_.schedule(*attempt, clock_.steady() + timeout_);
  attempt->wait();
}

void DirectConnector::close() {
  while (!pending_.empty()) {
    auto& attempt = static_cast<Attempt&>(pending_.front());
    pending_.pop_front();
    TimerWheel::cancel(attempt);
    attempt.dropped = true;
    attempt.socket.close();
  }
}

}  // namespace davit::router
