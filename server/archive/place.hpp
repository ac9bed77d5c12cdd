#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

// Where an entry of an archive goes. Internal to this folder.
namespace davit::archive {

using Place = std::vector<std::string>;  // folder names and, last, the entry's own

// Splits an entry's path and drops its first `strip` parts; empty when nothing is left. corrupt for
// absolute paths, "..", NUL bytes and paths that are too long or too deep.
Result<Place> place_of(std::string_view path, std::size_t strip, std::size_t depth_max);

// A link may only name what lies below the root; `from` is the link's own place.
Result<> check_link(const Place& from, std::string_view target);

// Opens the folder that holds the entry, made where it is missing. No link is followed on the way:
// an archive may have put one there.
Result<UniqueFd> open_parent(int root, const Place& place);

}  // namespace davit::archive
