#include "base/door.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

#include "base/fd_passing.hpp"

namespace davit::door {
namespace {

// In the machine's own byte order: a door never leaves its machine.
struct Packet {
  std::uint32_t version = protocol_version;
  std::uint32_t outcome = 0;  // 0: a request
  std::uint64_t id = 0;
};
static_assert(sizeof(Packet) == 16);

Io to_io(PassState state) {
  switch (state) {
    case PassState::done: return Io::done;
    case PassState::would_block: return Io::would_block;
    case PassState::closed: return Io::closed;
  }
  return Io::closed;
}

Io send_packet(int fd, const Packet& packet, std::span<const int> fds) {
  char bytes[sizeof(Packet)];
  std::memcpy(bytes, &packet, sizeof packet);
  return to_io(pass_fds(fd, {bytes, sizeof bytes}, fds));
}

struct Received {
  Io io = Io::closed;
  Packet packet;
  std::vector<UniqueFd> fds;
};

Received receive_packet(int fd) {
  Received received;
  char bytes[sizeof(Packet) + 1];  // one more, so that a longer message is seen to be one
  auto passed = take_fds(fd, bytes);
  received.io = to_io(passed.state);
  if (received.io != Io::done) return received;
  std::memcpy(&received.packet, bytes, sizeof(Packet));
  received.fds = std::move(passed.fds);
  const bool whole = passed.bytes == sizeof(Packet);
  if (!whole || received.packet.version != protocol_version) received.io = Io::closed;
  return received;
}

}  // namespace

UniqueFd open(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return UniqueFd();
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* general = reinterpret_cast<const sockaddr*>(&address);
  if (!fd || ::connect(fd.get(), general, sizeof address) != 0) return UniqueFd();
  return fd;
}

Io send(int fd, const Request& request) {
  return send_packet(fd, Packet{protocol_version, 0, request.id}, {});
}

Io send(int fd, const Reply& reply) {
  const Packet packet{protocol_version, static_cast<std::uint32_t>(reply.outcome), reply.id};
  const std::array<int, 1> socket{reply.socket.get()};
  return send_packet(fd, packet, std::span(socket).first(reply.socket ? 1 : 0));
}

Io receive(int fd, Request& request) {
  const auto received = receive_packet(fd);
  if (received.io != Io::done) return received.io;
  if (received.packet.outcome != 0 || !received.fds.empty()) return Io::closed;
  request.id = received.packet.id;
  return Io::done;
}

Io receive(int fd, Reply& reply) {
  auto received = receive_packet(fd);
  if (received.io != Io::done) return received.io;
  const std::uint32_t outcome = received.packet.outcome;
  const bool known = outcome >= static_cast<std::uint32_t>(Outcome::connected) &&
                     outcome <= static_cast<std::uint32_t>(Outcome::timed_out);
  if (!known || received.fds.size() > 1) return Io::closed;
  reply.id = received.packet.id;
  reply.outcome = static_cast<Outcome>(outcome);
  reply.socket = received.fds.empty() ? UniqueFd() : std::move(received.fds.front());
  if (reply.outcome == Outcome::connected && !reply.socket) reply.outcome = Outcome::refused;
  return Io::done;
}

}  // namespace davit::door
