#include "server/network/rule.hpp"

#include <charconv>

#include "base/encoding.hpp"
#include "server/network/limits.hpp"

namespace davit::network {
namespace {

Error bad(std::string_view text) {
  return fail(Errc::invalid_argument,
              "network rule '{}' is not like 10.1.0.0/16, 10.1.2.3:5432, *:25 or "
              "[fd00::/8]:8000-8100/tcp",
              printable(text, limits::quoted_bytes_max));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<PortRange> parse_ports(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return PortRange{*first, *last};
}

Protocol take_protocol(std::string_view& text) {
  for (const auto& [suffix, protocol] :
       {std::pair{"/tcp", Protocol::tcp}, std::pair{"/udp", Protocol::udp}}) {
    if (!text.ends_with(suffix)) continue;
    text.remove_suffix(4);
    return protocol;
  }
  return Protocol::any;
}

struct Parts {
  std::string_view to;
  std::optional<std::string_view> ports;
};

// An IPv6 range stands in brackets where ports follow it; alone it needs none.
std::optional<Parts> split(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == text.npos) return std::nullopt;
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    Parts parts{text.substr(1, close - 1), {}};
    if (!rest.empty()) parts.ports = rest.substr(1);
    return parts;
  }
  const auto colon = text.find(':');
  if (colon == text.npos || colon != text.rfind(':')) return Parts{text, {}};
  return Parts{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

Result<Rule> Rule::parse(std::string_view text) {
  Rule rule;
  std::string_view rest = text;
  rule.protocol = take_protocol(rest);
  const auto parts = split(rest);
  if (!parts) return bad(text);
  if (parts->to != "*") {
    auto prefix = Prefix::parse(parts->to);
    if (!prefix) return bad(text);
    rule.to = *prefix;
  }
  if (parts->ports) {
    rule.ports = parse_ports(*parts->ports);
    if (!rule.ports) return bad(text);
  }
  return rule;
}

}  // namespace davit::network
