#pragma once
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <span>
#include <vector>

#include "base/door.hpp"
#include "base/unique_fd.hpp"
#include "dyno/socket_stock.hpp"

namespace davit::dyno {

// Gives routers connections to the app (base/door.hpp): connects sockets of the dyno's own network
// namespace to its loopback address and hands them on. Several routers at once, each with many
// requests in flight; nothing here blocks. A part of DynoRun's poll loop.
class Doorman {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Door {
    UniqueFd listener;
    std::uint16_t port = 0;              // where the app listens
    std::optional<std::uint32_t> group;  // may come too
  };
  explicit Doorman(Door door);

  // The dyno exists: its init makes sockets over this channel. Before it and after close() every
  // request is refused.
  void open(UniqueFd channel);
  void close();
  // Where the app was seen to listen; the other family is tried next.
  void prefer(Family family) { preferred_ = family; }

  // Appends what to poll; serve() gets exactly these entries back.
  void watch(std::vector<pollfd>& polled) const;
  void serve(std::span<const pollfd> polled, Time now);
  std::optional<Time> due() const;  // serve() is needed then, whatever poll says

 private:
  struct Client {
    UniqueFd fd;
    std::deque<door::Reply> replies;  // not sent yet
    std::size_t attempts = 0;
    bool may_ask() const;
  };
  struct Attempt {
    Client* client;
    std::uint64_t id;
    Family family;
    Time deadline;
    bool second = false;  // the other family has refused
    UniqueFd socket;      // none: waits for the stock
  };

  void accept_all();
  void receive(Client& client, Time now);
  // False: it is over, and the client has its reply.
  bool advance(Attempt& attempt);
  bool refused(Attempt& attempt);
  bool reply(Attempt& attempt, door::Outcome outcome);
  void advance_all(std::span<const pollfd> connecting, Time now);
  static void flush(Client& client);
  void drop_closed();

  Door door_;
  SocketStock stock_{UniqueFd()};
  Family preferred_ = Family::v4;
  std::list<Client> clients_;
  std::list<Attempt> attempts_;  // oldest first, so the first is due first
};

}  // namespace davit::dyno
