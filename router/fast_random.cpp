#include "router/fast_random.hpp"

namespace davit::router {

void FastRandom::uuid(std::span<char, 36> out) {
  static constexpr char digits[] = "0123456789abcdef";
  const std::uint64_t high = (next() & ~0xf000ull) | 0x4000ull;
  const std::uint64_t low = (next() & ~(3ull << 62)) | (2ull << 62);
  std::size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out[at++] = '-';
    const std::uint64_t half = i < 16 ? high : low;
    out[at++] = digits[(half >> (60 - 4 * (i % 16))) & 15];
  }
}

}  // namespace davit::router
