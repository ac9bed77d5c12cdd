#include "router/passed_connector.hpp"

#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "base/door.hpp"
#include "router/limits.hpp"

namespace davit::router {
namespace {

int family_of(int socket) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

UniqueFd connect_to(const Address& address) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), address.data(), address.size()) != 0) return UniqueFd();
  return fd;
}

}  // namespace

// Held by its pending read. Handlers may call anything of the connector.
class PassedConnector::Door : public std::enable_shared_from_this<Door> {
 public:
  Door(PassedConnector& connector, UniqueFd fd)
      : connector_(connector), descriptor_(connector.io_, fd.release()) {}

  bool open() const { return descriptor_.is_open(); }

  void read() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](ErrorCode error) {
                             if (!error) self->take_replies();
                           });
  }

  // False: the door takes no more; the handler is still the caller's.
  bool ask(ConnectHandler& handler) {
    if (waiting_.size() >= limits::door_requests_max) return false;
    const std::uint64_t id = ++last_id_;
    // A full socket is a davit-dyno that hangs: no reason to wait for it.
    if (door::send(descriptor_.native_handle(), door::Request{id}) != door::Io::done) return false;
    auto waiting = std::make_unique<Waiting>(*this, id, std::move(handler));
    connector_.wheel_.schedule(*waiting, connector_.clock_.steady() + connector_.timeout_);
    waiting_.emplace(id, std::move(waiting));
    return true;
  }

  void close_when_idle() {
    leaving_ = true;
    if (waiting_.empty()) close();
  }

  // The connector goes away: nobody is called any more.
  void abandon() {
    waiting_.clear();
    close();
  }

 private:
  struct Waiting final : Timed {
    Waiting(Door& of, std::uint64_t request, ConnectHandler h)
        : door(of), id(request), handler(std::move(h)) {}
    void on_deadline() override { door.finish(id, {ConnectState::timed_out, std::nullopt}); }
    Door& door;
    std::uint64_t id;
    ConnectHandler handler;
  };

  void close() {
    ErrorCode ignored;
    descriptor_.close(ignored);
  }

  void take_replies() {
    while (open()) {
      door::Reply reply;
      const auto got = door::receive(descriptor_.native_handle(), reply);
      if (got == door::Io::would_block) return read();
      if (got == door::Io::closed) return lose();
      finish(reply.id, result_of(std::move(reply)));
    }
  }

  ConnectResult result_of(door::Reply reply) {
    switch (reply.outcome) {
      case door::Outcome::connected: {
        const int family = family_of(reply.socket.get());
        return {ConnectState::connected, Socket(connector_.io_, std::move(reply.socket), family)};
      }
      case door::Outcome::refused: return {ConnectState::refused, std::nullopt};
      case door::Outcome::timed_out: return {ConnectState::timed_out, std::nullopt};
    }
    return {};
  }

  // A reply that comes after its deadline finds nobody: its socket is closed with it.
  void finish(std::uint64_t id, ConnectResult result) {
    const auto self = shared_from_this();
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    const auto waiting = std::move(found->second);
    waiting_.erase(found);
    TimerWheel::cancel(*waiting);
    waiting->handler(std::move(result));
    if (leaving_ && waiting_.empty()) close();
  }

  void lose() {
    const auto self = shared_from_this();
    close();
    while (!waiting_.empty()) {
      finish(waiting_.begin()->first, {ConnectState::refused, std::nullopt});
    }
  }

  PassedConnector& connector_;
  asio::posix::stream_descriptor descriptor_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Waiting>> waiting_;
  std::uint64_t last_id_ = 0;
  bool leaving_ = false;
};

PassedConnector::PassedConnector(asio::io_context& io, TimerWheel& wheel, const Clock& clock,
                                 std::chrono::milliseconds timeout)
    : io_(io), wheel_(wheel), clock_(clock), timeout_(timeout) {}

PassedConnector::~PassedConnector() { close(); }

void PassedConnector::close() {
  for (const auto& [address, door] : doors_) door->abandon();
  doors_.clear();
}

std::shared_ptr<PassedConnector::Door> PassedConnector::door_of(const std::string& endpoint) {
  auto& door = doors_[endpoint];
  if (!door || !door->open()) {
    const auto address = Address::parse(endpoint);
    UniqueFd fd = address ? connect_to(*address) : UniqueFd();
    if (!fd) {
      doors_.erase(endpoint);
      return nullptr;
    }
    door = std::make_shared<Door>(*this, std::move(fd));
    door->read();
  }
  return door;
}

void PassedConnector::connect(const Target& target, ConnectHandler handler) {
  const auto door = door_of(target.endpoint);
  if (door && door->ask(handler)) return;
  asio::post(io_, [handler = std::move(handler)] {
    handler({ConnectState::refused, std::nullopt});
  });
}

void PassedConnector::forget(const Target& target) {
  const auto found = doors_.find(target.endpoint);
  if (found == doors_.end()) return;
  const auto door = std::move(found->second);
  doors_.erase(found);
  door->close_when_idle();
}

}  // namespace davit::router
