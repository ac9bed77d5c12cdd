#pragma once
#include <cstddef>

namespace davit::limits {

// A certificate's chain or a key in PEM form; real ones are below 10 kB.
inline constexpr std::size_t certificate_bytes_max = 64 * 1024;

}  // namespace davit::limits
