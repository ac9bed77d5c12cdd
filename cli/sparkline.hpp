#pragma once
#include <optional>
#include <string>
#include <vector>

namespace davit::cli {

// A row of numbers as a picture of at most `width` characters, "▁▂▄█"; a gap is a space. From 0 to
// the largest: a constant load is no mountain. Neighbours share a character where there are too
// many; the largest counts. Pure.
std::string sparkline(const std::vector<std::optional<double>>& values, std::size_t width = 30);

}  // namespace davit::cli
