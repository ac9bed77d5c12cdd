#include "dyno/listen_watch.hpp"

#include <gtest/gtest.h>

namespace davit::dyno {
namespace {

constexpr std::string_view table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000 20001        0 1 "
    "1\n"
    "   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000  1000        0 1 1\n"
    "   2: 0100007F:0050 0100007F:C350 01 00000000:00000000 00:00000000 00000000 20001        0 1 "
    "1\n";

TEST(ListenWatch, FindsAListenerOfTheRightUser) {
  bool past = false;
  EXPECT_TRUE(lists_listener(table, 5000, 20001, past));
  EXPECT_FALSE(lists_listener(table, 5000, 20002, past));
  EXPECT_TRUE(lists_listener(table, 8080, 1000, past));
}

TEST(ListenWatch, AConnectionIsNoListener) {
  bool past = false;
  EXPECT_FALSE(lists_listener(table, 80, 20001, past));
  EXPECT_TRUE(past);
}

TEST(ListenWatch, GarbageIsPassedOver) {
  bool past = false;
  EXPECT_FALSE(lists_listener("\n\nx\n::::\n 1: 2 3 0A\n", 80, 0, past));
}

}  // namespace
}  // namespace davit::dyno
