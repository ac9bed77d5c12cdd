#include "router/tls/ticket_keys.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"
#include "router/limits.hpp"

namespace davit::router::tls {
namespace {

TEST(TicketKeys, TheNewestSealsAndTheLastFewOpen) {
  test::SeededRandom random(7);
  TicketKeys keys = TicketKeys::rotated(nullptr, random);
  const TicketKey first = keys.newest();
  for (std::size_t i = 1; i < limits::ticket_keys_kept; ++i) {
    keys = TicketKeys::rotated(&keys, random);
    EXPECT_NE(keys.newest().name, first.name);
    ASSERT_NE(keys.find(first.name.data()), nullptr);
    EXPECT_EQ(keys.find(first.name.data())->cipher, first.cipher);
  }
  keys = TicketKeys::rotated(&keys, random);
  EXPECT_EQ(keys.find(first.name.data()), nullptr);
}

TEST(TicketKeys, ASuccessorOpensWhatWeSealed) {
  test::SeededRandom random(8);
  const TicketKeys ours = TicketKeys::rotated(nullptr, random);
  TicketKeys theirs;
  ASSERT_TRUE(TicketKeys::from_bytes(ours.to_bytes(), theirs));
  EXPECT_EQ(theirs.newest().mac, ours.newest().mac);
  EXPECT_FALSE(TicketKeys::from_bytes("", theirs));
  EXPECT_FALSE(TicketKeys::from_bytes(std::string(81, 'x'), theirs));
  EXPECT_FALSE(TicketKeys::from_bytes(std::string(80 * 100, 'x'), theirs));
}

}  // namespace
}  // namespace davit::router::tls
