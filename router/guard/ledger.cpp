#include "router/guard/ledger.hpp"

#include <sodium/crypto_shorthash.h>

#include <algorithm>
#include <bit>

namespace davit::router::guard {
namespace {

constexpr unsigned count_bits = 24;  // far above what descriptors allow
constexpr std::uint64_t count_mask = (1ull << count_bits) - 1;
constexpr std::size_t accounts_per_connection = 4;
constexpr std::size_t accounts_min = 4096;
constexpr std::size_t accounts_max = std::size_t{1} << 20;

}  // namespace

Ledger::Ledger(std::size_t connections, const Secret& secret)
    : mask_(std::bit_ceil(
                std::clamp(connections * accounts_per_connection, accounts_min, accounts_max)) -
            1),
      secret_(secret),
      accounts_(std::make_unique<Account[]>(mask_ + 1)) {}

// False: the account is somebody else's by now.
bool Ledger::try_join(Account& account, std::uint64_t who, std::uint32_t limit, Opening& out) {
  std::uint64_t word = account.word_.load();
  while ((word & ~count_mask) == who) {
    const std::uint64_t count = word & count_mask;
    if ((limit > 0 && count >= limit) || count == count_mask) {
      out = {Outcome::too_many};
      return true;
    }
    if (account.word_.compare_exchange_weak(word, word + 1)) {
      out = {Outcome::opened, Seat(account)};
      return true;
    }
  }
  return false;
}

Ledger::Opening Ledger::open(ClientKey client, std::uint32_t limit) {
  static_assert(crypto_shorthash_BYTES == sizeof(std::uint64_t));
  std::uint64_t hash = 0;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(&client.value), sizeof client.value,
                   secret_.bytes.data());
  // The set by the low bits, and 40 others to tell the few that meet there apart; never 0, which is
  // an account that nobody had.
  const std::uint64_t who = (hash & ~count_mask) | 1ull << count_bits;
  Account* const set = &accounts_[hash * ways & mask_ & ~(ways - 1)];
  Opening opening{Outcome::no_room};
  for (;;) {
    Account* least = nullptr;
    for (std::size_t i = 0; i < ways; ++i) {
      if (try_join(set[i], who, limit, opening)) return opening;
      if ((set[i].word_.load() & count_mask) != 0) continue;
      if (least == nullptr || set[i].full_at.load() < least->full_at.load()) least = &set[i];
    }
    if (least == nullptr) return opening;
    std::uint64_t word = least->word_.load();
    if ((word & count_mask) != 0) continue;  // just taken: look again
    if (!least->word_.compare_exchange_strong(word, who | 1)) continue;
    if ((word & ~count_mask) != who) least->full_at.store(0);
    return {Outcome::opened, Seat(*least)};
  }
}

}  // namespace davit::router::guard
