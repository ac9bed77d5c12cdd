#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

// How a router gets connections into a dyno's own network namespace: over the dyno's door, a Unix
// socket of type SOCK_SEQPACKET that its davit-dyno listens on (<run>/dynos/<id>.net). One packet
// is one message; a client may send many requests before the first reply, and replies come in any
// order. Both sides end a connection on whose format the other breaks.
namespace davit::door {

inline constexpr std::uint32_t protocol_version = 1;
inline constexpr std::string_view file_suffix = ".net";

enum class Outcome : std::uint32_t {
  connected = 1,  // the reply carries the socket
  refused,        // nobody listens, or the dyno is gone
  timed_out,      // the app does not take connections
};

// router -> davit-dyno: one connection to the app, please.
struct Request {
  std::uint64_t id = 0;  // the client's own; comes back in the reply
};

// davit-dyno -> router
struct Reply {
  std::uint64_t id = 0;
  Outcome outcome = Outcome::refused;
  UniqueFd socket;  // connected TCP, non-blocking
};

enum class Io {
  done,
  would_block,
  closed,  // by the peer, or it broke the format: close your end
};

// A client's end of the door at `path`, non-blocking. Empty: errno says why.
UniqueFd open(const std::string& path);

// Never block, never raise SIGPIPE. Ours and the peer's copy of a sent socket are separate: ours is
// still the reply's.
Io send(int fd, const Request& request);
Io send(int fd, const Reply& reply);
Io receive(int fd, Request& request);
// A connected reply whose socket the kernel could not install (no descriptor left) is refused.
Io receive(int fd, Reply& reply);

}  // namespace davit::door
