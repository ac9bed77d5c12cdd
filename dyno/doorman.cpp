#include "dyno/doorman.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "dyno/control_socket.hpp"
#include "dyno/limits.hpp"

namespace davit::dyno {
namespace {

Family other(Family family) { return family == Family::v4 ? Family::v6 : Family::v4; }

int connect_to_loopback(int fd, Family family, std::uint16_t port) {
  if (family == Family::v4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

enum class Step { connected, pending, refused };

// The kernel finishes a connection over loopback within the first call, but tells only the second.
Step connect_step(int fd, Family family, std::uint16_t port) {
  for (int call = 0; call < 2; ++call) {
    if (connect_to_loopback(fd, family, port) == 0 || errno == EISCONN) return Step::connected;
    if (errno != EINPROGRESS && errno != EALREADY && errno != EINTR) return Step::refused;
  }
  return Step::pending;
}

}  // namespace

Doorman::Doorman(Door door) : door_(std::move(door)) {}

void Doorman::open(UniqueFd channel) { stock_ = SocketStock(std::move(channel)); }

void Doorman::close() {
  stock_.close();
  attempts_.remove_if([this](Attempt& attempt) { return !reply(attempt, door::Outcome::refused); });
}

bool Doorman::Client::may_ask() const {
  return attempts + replies.size() < limits::door_requests_max;
}

void Doorman::watch(std::vector<pollfd>& polled) const {
  polled.push_back({door_.listener.get(), POLLIN, 0});
  polled.push_back({stock_.fd(), POLLIN, 0});
  for (const auto& client : clients_) {
    const short reading = client.may_ask() ? POLLIN : 0;
    const short writing = client.replies.empty() ? 0 : POLLOUT;
    polled.push_back({client.fd.get(), static_cast<short>(reading | writing), 0});
  }
  for (const auto& attempt : attempts_) polled.push_back({attempt.socket.get(), POLLOUT, 0});
}

void Doorman::serve(std::span<const pollfd> polled, Time now) {
  if (polled[1].revents != 0) stock_.receive();
  std::size_t index = 2;
  const auto connecting = polled.subspan(index + clients_.size());
  // First those that were polled: new requests come behind them.
  advance_all(connecting, now);
  for (auto& client : clients_) {
    const short events = polled[index++].revents;
    if ((events & POLLIN) != 0) receive(client, now);
    // A hang-up alone: nothing more to read.
    if (events != 0 && (events & (POLLIN | POLLOUT)) == 0) client.fd.reset();
    flush(client);
  }
  drop_closed();
  if (polled[0].revents != 0) accept_all();
}

std::optional<Doorman::Time> Doorman::due() const {
  if (attempts_.empty()) return std::nullopt;
  return attempts_.front().deadline;
}

void Doorman::accept_all() {
  while (UniqueFd fd = accept_owner(door_.listener.get(), door_.group)) {
    // The oldest is a router that is long gone, or one of far too many.
    if (clients_.size() >= limits::door_clients_max) {
      clients_.front().fd.reset();
      drop_closed();
    }
    clients_.emplace_back().fd = std::move(fd);
  }
}

void Doorman::receive(Client& client, Time now) {
  while (client.may_ask()) {
    door::Request request;
    const auto got = door::receive(client.fd.get(), request);
    if (got == door::Io::would_block) return;
    if (got == door::Io::closed) return client.fd.reset();
    Attempt attempt{&client, request.id, preferred_, now + limits::door_connect_timeout, false, {}};
    ++client.attempts;
    if (advance(attempt)) attempts_.push_back(std::move(attempt));
  }
}

bool Doorman::advance(Attempt& attempt) {
  if (!attempt.socket) {
    auto taken = stock_.take(attempt.family);
    if (taken.state == SocketStock::State::ordered) return true;
    if (taken.state == SocketStock::State::none) return refused(attempt);
    attempt.socket = std::move(taken.socket);
  }
  switch (connect_step(attempt.socket.get(), attempt.family, door_.port)) {
    case Step::connected:
      preferred_ = attempt.family;
      return reply(attempt, door::Outcome::connected);
    case Step::pending: return true;
    case Step::refused: return refused(attempt);
  }
  return true;
}

bool Doorman::refused(Attempt& attempt) {
  attempt.socket.reset();
  if (attempt.second) return reply(attempt, door::Outcome::refused);
  attempt.second = true;
  attempt.family = other(attempt.family);
  return advance(attempt);
}

bool Doorman::reply(Attempt& attempt, door::Outcome outcome) {
  Client& client = *attempt.client;
  --client.attempts;
  door::Reply reply{attempt.id, outcome, {}};
  if (outcome == door::Outcome::connected) reply.socket = std::move(attempt.socket);
  client.replies.push_back(std::move(reply));
  return false;
}

void Doorman::advance_all(std::span<const pollfd> connecting, Time now) {
  std::size_t index = 0;
  for (auto attempt = attempts_.begin(); attempt != attempts_.end();) {
    const bool ready = !attempt->socket || connecting[index].revents != 0;
    ++index;
    bool on = !ready || advance(*attempt);
    if (on && attempt->deadline <= now) on = reply(*attempt, door::Outcome::timed_out);
    attempt = on ? std::next(attempt) : attempts_.erase(attempt);
  }
}

void Doorman::flush(Client& client) {
  while (client.fd && !client.replies.empty()) {
    const auto sent = door::send(client.fd.get(), client.replies.front());
    if (sent == door::Io::would_block) return;
    if (sent == door::Io::closed) return client.fd.reset();
    client.replies.pop_front();
  }
}

void Doorman::drop_closed() {
  attempts_.remove_if([](const Attempt& attempt) { return !attempt.client->fd; });
  clients_.remove_if([](const Client& client) { return !client.fd; });
}

}  // namespace davit::dyno
