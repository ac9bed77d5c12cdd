#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "server/network/prefix.hpp"

namespace davit::network {

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

enum class Protocol { any, tcp, udp };

// One entry of the admin's [network] allow or deny list:
//   10.1.0.0/16   10.1.2.3:5432   10.1.0.0/16:8000-8100/tcp   [fd00::/8]:53/udp   *:25
struct Rule {
  std::optional<Prefix> to;  // none: everywhere
  std::optional<PortRange> ports;
  Protocol protocol = Protocol::any;

  static Result<Rule> parse(std::string_view text);
  friend bool operator==(const Rule&, const Rule&) = default;
};

}  // namespace davit::network
