#include "router/capacity.hpp"

#include <gtest/gtest.h>

#include "router/limits.hpp"

namespace davit::router {
namespace {

constexpr std::uint64_t gigabyte = 1ull << 30;

TEST(Capacity, IsWhatDescriptorsAndMemoryBear) {
  const Capacity by_memory = Capacity::of({524'288, 2 * gigabyte, 2}, {});
  EXPECT_EQ(by_memory.connections, gigabyte / 2 / limits::connection_bytes);
  EXPECT_EQ(by_memory.requests, gigabyte / limits::request_bytes);
  const Capacity by_descriptors = Capacity::of({20'000, 64 * gigabyte, 2}, {});
  EXPECT_EQ(by_descriptors.connections, (20'000u - 64 - 2 * 16) / 4 * 3);
  EXPECT_EQ(by_descriptors.requests, limits::requests_max);
}

TEST(Capacity, IsNeverNothing) {
  const Capacity tiny = Capacity::of({50, 1 << 20, 64}, {});
  EXPECT_EQ(tiny.connections, limits::connections_min);
  EXPECT_EQ(tiny.requests, limits::requests_min);
}

TEST(Capacity, IsWhatAnAdminSays) {
  EXPECT_EQ(Capacity::of({1024, gigabyte, 1}, {10, 7}), (Capacity{10, 7}));
}

TEST(Capacity, SharesOfThreadsAreNotLessThanTheWhole) {
  EXPECT_EQ((Capacity{10, 7}.share(4)), (Capacity{3, 2}));
}

}  // namespace
}  // namespace davit::router
