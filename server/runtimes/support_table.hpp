#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "server/runtimes/version.hpp"

// Which lines of a language are supported until when. One dated table, in support_table.cpp.
namespace davit::runtimes {

// "since 2025-04-30" for a line whose support has ended by `now`; nullopt for one that is supported
// or not known.
std::optional<std::string> end_of_support(std::string_view language, const Version& version,
                                          WallTime now);

// The newest line with long-term support by `now`: open ranges end there. nullopt where the
// language has none.
std::optional<std::uint64_t> newest_lts(std::string_view language, WallTime now);

// "iron" -> 20: the names that .nvmrc files use.
std::optional<std::uint64_t> lts_by_name(std::string_view codename);

}  // namespace davit::runtimes
