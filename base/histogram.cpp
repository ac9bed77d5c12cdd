#include "base/histogram.hpp"

#include <algorithm>
#include <bit>

namespace davit {

std::uint32_t Histogram::bin_of(std::uint64_t millis) {
  if (millis < exact) return static_cast<std::uint32_t>(millis);
  const auto doubling = static_cast<std::uint32_t>(std::bit_width(millis)) - 5;  // of 16: 0
  if (doubling >= doublings) return bin_count - 1;
  const auto eighth = static_cast<std::uint32_t>(millis >> (doubling + 1)) - per_doubling;
  return exact + doubling * per_doubling + eighth;
}

std::int64_t Histogram::middle_of(std::uint32_t bin) {
  if (bin < exact) return bin;
  const std::uint32_t doubling = (bin - exact) / per_doubling;
  const std::uint32_t eighth = (bin - exact) % per_doubling;
  const std::int64_t width = std::int64_t{1} << (doubling + 1);
  return (per_doubling + eighth) * width + width / 2;
}

void Histogram::add(std::int64_t millis) {
  add_bin(bin_of(static_cast<std::uint64_t>(std::max<std::int64_t>(millis, 0))), 1);
}

void Histogram::add_bin(std::uint32_t bin, std::uint64_t count) {
  if (bin >= bin_count) return;
  counts_.resize(bin_count);
  counts_[bin] += count;
  count_ += count;
}

void Histogram::merge(const Histogram& other) {
  for (const auto& [bin, count] : other.bins()) add_bin(bin, count);
}

std::optional<std::int64_t> Histogram::percentile(int percent) const {
  if (count_ == 0) return std::nullopt;
  const std::uint64_t wanted =
      std::max<std::uint64_t>(1, (count_ * static_cast<std::uint64_t>(percent) + 99) / 100);
  std::uint64_t seen = 0;
  for (std::uint32_t bin = 0; bin < counts_.size(); ++bin) {
    seen += counts_[bin];
    if (seen >= wanted) return middle_of(bin);
  }
  return middle_of(bin_count - 1);
}

std::vector<std::pair<std::uint32_t, std::uint64_t>> Histogram::bins() const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> out;
  for (std::uint32_t bin = 0; bin < counts_.size(); ++bin) {
    if (counts_[bin] > 0) out.emplace_back(bin, counts_[bin]);
  }
  return out;
}

}  // namespace davit
