#pragma once
#include <cstdint>
#include <span>

namespace davit::router {

// splitmix64: quick and good enough for choosing dynos and for request ids, which are names and no
// secrets.
class FastRandom {
 public:
  explicit FastRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // Uniform enough for bounds far below 2^32; bound > 0.
  std::size_t below(std::size_t bound) { return ((next() >> 32) * bound) >> 32; }
  void uuid(std::span<char, 36> out);  // RFC 9562 version 4

 private:
  std::uint64_t state_;
};

}  // namespace davit::router
