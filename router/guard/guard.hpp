#pragma once
#include <memory>
#include <optional>

#include "base/random.hpp"
#include "router/guard/client_limits.hpp"
#include "router/guard/ledger.hpp"
#include "router/guard/request_rate.hpp"
#include "router/guard/slow_heads.hpp"

namespace davit::router::guard {

// What the limits of clients see of a connection. As long as it is open.
struct Visitor {
  ClientKey key;
  bool trusted = false;
  Account* account = nullptr;  // nullptr: not counted
};

// The limits of clients, over all threads: one of it, which outlives them. Any thread, without a
// lock but for slow heads.
class Guard {
 public:
  // `connections`: that the router may have in all. `random` only here.
  Guard(ClientLimits client_limits, std::size_t connections, Random& random);

  struct Entry {
    Visitor visitor;
    Seat seat;  // to be kept as long as the connection is open
  };
  // nullopt: this client has all the connections that it may have.
  std::optional<Entry> let_in(const sockaddr_storage& peer);
  // One more request. Otherwise: how long until there may be one.
  std::optional<std::chrono::nanoseconds> refuse_request(const Visitor& visitor,
                                                         SteadyTime now) const;
  // It has begun a head that did not come in one piece. nullptr: that is no matter.
  std::unique_ptr<SlowHead> begin_head(const Visitor& visitor, Live& connection, PlaceBox& box);

 private:
  const ClientLimits limits_;
  std::unique_ptr<Ledger> ledger_;  // where something is counted
  std::optional<RequestRate> rate_;
  SlowHeads heads_;
};

}  // namespace davit::router::guard
