#include "door_client.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

namespace davit::test {
namespace {

constexpr int patience_ms = 20'000;

bool wait_for(int fd, short events) {
  pollfd ready{fd, events, 0};
  return ::poll(&ready, 1, patience_ms) == 1;
}

}  // namespace

DoorClient::DoorClient(const std::string& path)
    : fd_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd_.reset();
}

void DoorClient::ask(std::uint64_t id) {
  EXPECT_TRUE(wait_for(fd_.get(), POLLOUT));
  EXPECT_EQ(door::send(fd_.get(), door::Request{id}), door::Io::done);
}

door::Reply DoorClient::reply(std::uint64_t id) {
  while (!early_.contains(id)) {
    door::Reply next;
    const bool came = wait_for(fd_.get(), POLLIN);
    const auto got = door::receive(fd_.get(), next);
    if (!came || got != door::Io::done) {
      ADD_FAILURE() << "no reply to request " << id;
      return {};
    }
    const std::uint64_t of = next.id;
    early_[of] = std::move(next);
  }
  door::Reply reply = std::move(early_[id]);
  early_.erase(id);
  return reply;
}

door::Reply DoorClient::request(std::uint64_t id) {
  ask(id);
  return reply(id);
}

bool DoorClient::closed_by_peer() {
  for (;;) {
    if (!wait_for(fd_.get(), POLLIN)) return false;
    door::Reply ignored;
    if (door::receive(fd_.get(), ignored) == door::Io::closed) return true;
  }
}

std::string talk(int socket, const std::string& text) {
  EXPECT_EQ(::send(socket, text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
  std::string answer;
  char buffer[4096];
  while (wait_for(socket, POLLIN)) {
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  return answer;
}

}  // namespace davit::test
