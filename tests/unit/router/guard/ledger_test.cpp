#include "router/guard/ledger.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace davit::router::guard {
namespace {

using Outcome = Ledger::Outcome;

constexpr Ledger::Secret secret{{1, 2, 3}};

TEST(Ledger, AClientHasSoManyConnectionsAtOnceAndNoMore) {
  Ledger ledger(100, secret);
  std::vector<Seat> seats;
  for (int i = 0; i < 3; ++i) {
    auto opening = ledger.open(ClientKey{7}, 3);
    ASSERT_EQ(opening.outcome, Outcome::opened);
    seats.push_back(std::move(opening.seat));
  }
  EXPECT_EQ(ledger.open(ClientKey{7}, 3).outcome, Outcome::too_many);
  EXPECT_EQ(ledger.open(ClientKey{8}, 3).outcome, Outcome::opened);
  seats.pop_back();
  EXPECT_EQ(ledger.open(ClientKey{7}, 3).outcome, Outcome::opened);
}

TEST(Ledger, WhatIsRememberedOfAClientOutlivesItsConnections) {
  Ledger ledger(100, secret);
  ledger.open(ClientKey{7}, 0).seat.account()->full_at = 12345;
  const auto again = ledger.open(ClientKey{7}, 0);
  EXPECT_EQ(again.seat.account()->full_at, 12345);
}

// An attacker with a /48 has 65,536 times a /64, each of which is a client of its own.
TEST(Ledger, DoesNotGrowWithTheAddressesOfAnAttacker) {
  Ledger ledger(1000, secret);
  const std::size_t before = ledger.accounts();
  auto kept = ledger.open(ClientKey{1}, 1);
  for (std::uint64_t i = 2; i < 300'000; ++i) {
    ASSERT_EQ(ledger.open(ClientKey{i << 16}, 1).outcome, Outcome::opened);
  }
  EXPECT_EQ(ledger.accounts(), before);
  // Who is here keeps its account all the while.
  EXPECT_EQ(ledger.open(ClientKey{1}, 1).outcome, Outcome::too_many);
}

TEST(Ledger, WhoIsConnectedIsNotForgottenAndTheRestIsNotCounted) {
  Ledger ledger(1, secret);
  std::vector<Seat> seats;
  std::size_t uncounted = 0;
  for (std::uint64_t i = 1; i <= ledger.accounts() * 2; ++i) {
    auto opening = ledger.open(ClientKey{i}, 1);
    if (opening.outcome == Outcome::no_room) ++uncounted;
    if (opening.outcome == Outcome::opened) seats.push_back(std::move(opening.seat));
  }
  EXPECT_EQ(seats.size() + uncounted, ledger.accounts() * 2);
  EXPECT_LE(seats.size(), ledger.accounts());
  EXPECT_GT(seats.size(), ledger.accounts() * 9 / 10);
}

// Of all the connections that the router takes, hardly one of a thousand is not counted, even where
// each is another client's.
TEST(Ledger, HasAnAccountForAlmostEveryConnection) {
  constexpr std::size_t connections = 4096;
  Ledger ledger(connections, secret);
  std::vector<Seat> seats;
  for (std::uint64_t i = 0; i < connections; ++i) {
    auto opening = ledger.open(ClientKey{i << 32}, 1);
    if (opening.outcome == Outcome::opened) seats.push_back(std::move(opening.seat));
  }
  EXPECT_GE(seats.size(), connections - connections / 1000);
}

TEST(Ledger, WhoOwesNothingIsForgottenFirst) {
  Ledger ledger(1, secret);
  constexpr std::uint64_t debtor = 99;
  ledger.open(ClientKey{debtor}, 0).seat.account()->full_at = 1'000'000;
  for (std::uint64_t i = 1000; i < 40'000; ++i) {
    ledger.open(ClientKey{i}, 0).seat.account()->full_at = 1;
  }
  EXPECT_EQ(ledger.open(ClientKey{debtor}, 0).seat.account()->full_at, 1'000'000);
}

TEST(Ledger, ThreadsTogetherGiveNobodyMoreThanTheLimit) {
  Ledger ledger(1000, secret);
  const auto first = ledger.open(ClientKey{5}, 100);
  std::atomic<int> now{1};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        auto opening = ledger.open(ClientKey{5}, 3);
        if (opening.outcome != Outcome::opened) continue;
        const int here = now.fetch_add(1) + 1;
        for (int was = most; was < here && !most.compare_exchange_weak(was, here);) {
        }
        now.fetch_sub(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), 3);
  EXPECT_EQ(ledger.open(ClientKey{5}, 2).outcome, Outcome::opened);
  EXPECT_EQ(ledger.open(ClientKey{5}, 1).outcome, Outcome::too_many);
}

}  // namespace
}  // namespace davit::router::guard
