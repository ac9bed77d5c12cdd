#pragma once
#include <cstdint>
#include <string_view>

namespace davit::dyno {

// The number after `key` in lines of "key number", as the kernel writes statistics; 0 where it is
// not there.
std::uint64_t keyed_number(std::string_view text, std::string_view key);

// A text that is one number; 0 where it is none ("max").
std::uint64_t lone_number(std::string_view text);

}  // namespace davit::dyno
