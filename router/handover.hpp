#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

// How a new router takes the place of one that runs, so that no connection is refused in between:
//   1. the heir listens at heir_socket(control) and sends HandOver over the old one's control
//   socket;
//   2. the old one connects there and sends, in one packet, the lock, the listening control socket
//      and every public listening socket. All stay open throughout: who connects waits in the
//      kernel's queue until somebody accepts again;
//   3. the control connection stays: the heir is the old one's davitd until that has ended
//      (router/predecessor.hpp).
namespace davit::router {

struct Estate {
  UniqueFd lock;                  // locked
  UniqueFd control;               // listens at the control socket's path
  std::vector<UniqueFd> public_;  // listening, TCP
  UniqueFd secrets;               // tls::Service::from_estate; none: of a router without TLS
};

struct Inheritance {
  Estate estate;
  UniqueFd predecessor;  // a control connection to the old router
};

// The heir's part; blocks, 5 s at most, so before its io thread runs. nullopt: no router runs
// there.
Result<std::optional<Inheritance>> take_over(const std::string& control_socket);

// The old router's part: does not block. The descriptors stay the caller's. `rest`: the public
// sockets, and the secrets where there are any; an heir that does not know those (before protocol
// version 3) must not be asked to take the place of a router that serves HTTPS.
Result<> pass_on_estate(const std::string& control_socket, int lock, int control,
                        const std::vector<int>& rest);

}  // namespace davit::router
