#include "router/guard/guard.hpp"

#include <cstring>

namespace davit::router::guard {

Guard::Guard(ClientLimits client_limits, std::size_t connections, Random& random)
    : limits_(std::move(client_limits)), heads_(limits_.slow_heads) {
  if (limits_.requests_per_second > 0) rate_.emplace(limits_.requests_per_second, limits_.burst());
  if (limits_.connections == 0 && !rate_) return;
  Ledger::Secret secret;
  const std::string bytes = random.bytes(secret.bytes.size());
  std::memcpy(secret.bytes.data(), bytes.data(), bytes.size());
  ledger_ = std::make_unique<Ledger>(connections, secret);
}

std::optional<Guard::Entry> Guard::let_in(const sockaddr_storage& peer) {
  Entry entry;
  entry.visitor.key = ClientKey::of(peer);
  entry.visitor.trusted = limits_.trusted.contains(peer);
  if (!ledger_ || entry.visitor.trusted) return entry;
  Ledger::Opening opening = ledger_->open(entry.visitor.key, limits_.connections);
  if (opening.outcome == Ledger::Outcome::too_many) return std::nullopt;
  entry.seat = std::move(opening.seat);
  entry.visitor.account = entry.seat.account();
  return entry;
}

std::optional<std::chrono::nanoseconds> Guard::refuse_request(const Visitor& visitor,
                                                              SteadyTime now) const {
  if (!rate_ || visitor.account == nullptr) return std::nullopt;
  return rate_->refuse(visitor.account->full_at, now);
}

std::unique_ptr<SlowHead> Guard::begin_head(const Visitor& visitor, Live& connection,
                                            PlaceBox& box) {
  if (limits_.slow_heads == 0 || visitor.trusted) return nullptr;
  return std::make_unique<SlowHead>(heads_, SlowHead::Owner{connection, box, visitor.key});
}

}  // namespace davit::router::guard
