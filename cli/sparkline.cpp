#include "cli/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace davit::cli {
namespace {

constexpr std::array<const char*, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

}  // namespace

std::string sparkline(const std::vector<std::optional<double>>& values, std::size_t width) {
  double most = 0;
  for (const auto& value : values) most = std::max(most, value.value_or(0));
  const std::size_t count = std::min(values.size(), width);
  std::string line;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * values.size() / count, end = (i + 1) * values.size() / count;
    std::optional<double> largest;
    for (std::size_t at = begin; at < end; ++at) {
      if (values[at]) largest = std::max(largest.value_or(0), *values[at]);
    }
    if (!largest) {
      line += ' ';
      continue;
    }
    const double share = most > 0 ? *largest / most : 0;
    line += bars[static_cast<std::size_t>(std::lround(share * (bars.size() - 1)))];
  }
  return line;
}

}  // namespace davit::cli
