#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit::router {

// One public address and the sockets that listen on it: each thread accepts from its own, and the
// kernel shares new connections out among them (SO_REUSEPORT, socket(7)).
struct Port {
  std::string address;            // "127.0.0.1:8080", with the real port
  bool tls = false;               // serves HTTPS
  std::vector<UniqueFd> sockets;  // one for each thread; more when they were inherited
};

// `addresses`: "127.0.0.1:8080", "[::1]:0". What `inherited` has of them is used, all of it: a
// connection may wait in any; the rest of `inherited` is closed. Errors name the address and what
// to do.
Result<std::vector<Port>> open_ports(const std::vector<std::string>& addresses,
                                     std::vector<UniqueFd> inherited, std::size_t threads);

}  // namespace davit::router
