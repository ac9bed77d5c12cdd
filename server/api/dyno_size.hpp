#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::api {

// This server has one size of dyno so far. Clients write it in any case, and by the vendor's names of that class.
inline constexpr std::string_view standard_size = "standard";
inline constexpr unsigned standard_size_mb = 512;

// What is stored, from what a client wrote. Errors: invalid_argument, naming the sizes.
Result<std::string> parse_size(std::string_view text);
// "Standard", as tools print it.
std::string shown_size(const std::string& stored);

}  // namespace davit::api
