#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace davit {

// Times of many requests in a fixed number of bins: exact below 16 ms, then eight bins to each
// doubling, so that a percentile is at most 1/16 off. From 150 s on all is one bin. Two add up to
// one without loss. Pure.
class Histogram {
 public:
  void add(std::int64_t millis);
  void merge(const Histogram& other);
  std::uint64_t count() const { return count_; }
  // The time within which so many percent of the requests were; nullopt where there were none.
  std::optional<std::int64_t> percentile(int percent) const;

  // The bins that are not empty: (bin, count).
  std::vector<std::pair<std::uint32_t, std::uint64_t>> bins() const;
  void add_bin(std::uint32_t bin, std::uint64_t count);  // a bin that does not exist is passed over

 private:
  static constexpr std::uint32_t exact = 16;
  static constexpr std::uint32_t per_doubling = 8;
  static constexpr std::uint32_t doublings = 14;
  static constexpr std::uint32_t bin_count = exact + per_doubling * doublings;
  static std::uint32_t bin_of(std::uint64_t millis);
  static std::int64_t middle_of(std::uint32_t bin);

  std::vector<std::uint64_t> counts_;  // empty until the first
  std::uint64_t count_ = 0;
};

}  // namespace davit
