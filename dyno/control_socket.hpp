#pragma once
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit::dyno {

// Listens at `path`, mode 0600, non-blocking. A socket there that nobody serves is replaced; one
// that is served is an error. The path may be longer than an address holds (107 bytes): it is bound
// relative to its folder, so this changes the working folder to "/".
Result<UniqueFd> listen_on(const std::string& path);

// The next connection whose peer is this user or root; empty when there is none (left).
UniqueFd accept_owner(int listener);

}  // namespace davit::dyno
