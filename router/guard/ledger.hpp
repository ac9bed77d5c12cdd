#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "router/guard/client_key.hpp"

namespace davit::router::guard {

// What is remembered of one client.
class Account {
 public:
  std::atomic<std::int64_t> full_at{0};  // RequestRate's

 private:
  friend class Ledger;
  friend class Seat;
  // Above, who it is; below, its open connections: one word, so that nobody gets an account that
  // was just given to another client.
  std::atomic<std::uint64_t> word_{0};
};

// One of a client's connections, as long as it is open.
class Seat {
 public:
  Seat() = default;
  explicit Seat(Account& account) : account_(&account) {}
  Seat(Seat&& other) noexcept : account_(std::exchange(other.account_, nullptr)) {}
  Seat& operator=(Seat&& other) noexcept {
    release();
    account_ = std::exchange(other.account_, nullptr);
    return *this;
  }
  ~Seat() { release(); }
  void release() {
    if (Account* const left = std::exchange(account_, nullptr)) left->word_.fetch_sub(1);
  }
  Account* account() const { return account_; }

 private:
  Account* account_ = nullptr;
};

// Accounts of clients in a table of fixed size, which an attacker with any number of addresses
// cannot make grow: who has no connection and no debt makes room for others first. Clients share
// sets of accounts by a keyed hash, so nobody can aim at another's. Any thread, without a lock.
// Where two threads meet a new client at the same moment it may get two accounts; the second dies
// with the connections that it was made for.
class Ledger {
 public:
  struct Secret {
    std::array<unsigned char, 16> bytes;
  };
  // `connections`: that there may be in all; there are four accounts for each, 16 bytes an account.
  Ledger(std::size_t connections, const Secret& secret);

  enum class Outcome : std::uint8_t { opened, too_many, no_room };
  struct Opening {
    Outcome outcome;
    Seat seat{};  // when opened
  };
  // One more connection of a client that may have `limit`; 0: any number. no_room: all accounts of
  // its set are other clients' with open connections; it is not counted.
  Opening open(ClientKey client, std::uint32_t limit);
  std::size_t accounts() const { return mask_ + 1; }

 private:
  static constexpr std::size_t ways = 8;  // two cache lines
  bool try_join(Account& account, std::uint64_t who, std::uint32_t limit, Opening& out);

  std::size_t mask_;
  Secret secret_;
  std::unique_ptr<Account[]> accounts_;
};

}  // namespace davit::router::guard
