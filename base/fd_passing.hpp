#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

namespace davit {

// Descriptors over a connected Unix socket that keeps packets apart (SCM_RIGHTS, unix(7)), beside
// one short message. Neither call blocks, whatever the socket's mode.
enum class PassState { done, would_block, closed };

// The kernel's own limit (SCM_MAX_FD).
inline constexpr std::size_t passed_fds_max = 253;

PassState pass_fds(int socket, std::string_view message, std::span<const int> fds);

struct Passed {
  PassState state = PassState::closed;
  std::size_t bytes = 0;      // of the message; a longer one is cut to the buffer
  std::vector<UniqueFd> fds;  // close-on-exec
};
Passed take_fds(int socket, std::span<char> message);

}  // namespace davit
