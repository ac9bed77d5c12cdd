#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace davit::supervisor {

// Of /proc/meminfo: whether so little is left that frozen dynos had better be stopped. nullopt: it
// cannot be told. Pure.
std::optional<bool> memory_is_short(std::string_view meminfo);

}  // namespace davit::supervisor
