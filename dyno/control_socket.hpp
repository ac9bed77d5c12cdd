#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit::dyno {

struct ListenOptions {
  bool packets = false;                // SOCK_SEQPACKET
  std::optional<std::uint32_t> group;  // may connect too: mode 0660
};

// Listens at `path`, mode 0600, non-blocking. A socket there that nobody serves is replaced; one
// that is served is an error. The path may be longer than an address holds (107 bytes): it is bound
// relative to its folder, so this changes the working folder to "/".
Result<UniqueFd> listen_on(const std::string& path, const ListenOptions& options = {});

// The next connection whose peer is this user, root or of the group; empty when there is none
// (left).
UniqueFd accept_owner(int listener, std::optional<std::uint32_t> group = std::nullopt);

}  // namespace davit::dyno
