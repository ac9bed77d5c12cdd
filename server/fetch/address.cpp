#include "server/fetch/address.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/encoding.hpp"
#include "server/fetch/limits.hpp"

namespace davit::fetch {
namespace {

// It may hold a password although it is no address.
Error no_address(std::string_view url) {
  const std::size_t at = url.rfind('@');
  if (at != url.npos) url.remove_prefix(at + 1);
  return fail(Errc::invalid_argument, "\"{}\" is no http or https address", printable(url, 200));
}

// "example.com" and ".example.com" hold for example.com and all below it.
bool covers(std::string_view entry, std::string_view host) {
  if (entry == "*") return true;
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty() || !host.ends_with(entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

}  // namespace

Result<Address> Address::parse(std::string_view url) {
  if (url.size() > limits::url_bytes_max) return no_address(url);
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || (parsed->scheme() != "https" && parsed->scheme() != "http")) {
    return no_address(url);
  }
  Address address;
  address.secure = parsed->scheme() == "https";
  address.host = parsed->host_address();
  address.port = parsed->port();
  if (address.port.empty()) address.port = address.secure ? "443" : "80";
  address.target = parsed->encoded_target();
  if (address.target.empty()) address.target = "/";
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  address.userinfo = parsed->userinfo();
  if (address.host.empty()) return no_address(url);
  return address;
}

Result<Address> Address::follow(std::string_view location) const {
  std::string url(location);
  if (location.starts_with("//")) {
    url = (secure ? "https:" : "http:") + url;
  } else if (location.starts_with('/')) {
    url = fmt::format("{}://{}{}", secure ? "https" : "http", host_port(), location);
  }
  auto next = parse(url);
  if (next) {
    const bool same = next->secure == secure && next->host == host && next->port == port;
    next->userinfo = same ? userinfo : "";
  }
  if (next && secure && !next->secure) {
    return fail(Errc::corrupt, "'{}' leads to '{}', which is not encrypted", str(), next->str());
  }
  return next;
}

std::string Address::host_port() const {
  const std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == (secure ? "443" : "80") ? name : name + ":" + port;
}

std::string Address::str() const {
  return fmt::format("{}://{}{}", secure ? "https" : "http", host_port(), target);
}

const std::string* Proxies::variable(std::string_view upper, std::string_view lower) const {
  for (const auto name : {lower, upper}) {
    const auto found = env_.find(std::string(name));
    if (found != env_.end() && !found->second.empty()) return &found->second;
  }
  return nullptr;
}

Result<std::optional<Address>> Proxies::for_address(const Address& address) const {
  if (const auto* list = variable("NO_PROXY", "no_proxy")) {
    std::string_view left = *list;
    while (!left.empty()) {
      const std::size_t comma = left.find(',');
      std::string_view entry = left.substr(0, comma);
      left.remove_prefix(comma == left.npos ? left.size() : comma + 1);
      while (entry.starts_with(' ')) entry.remove_prefix(1);
      while (entry.ends_with(' ')) entry.remove_suffix(1);
      if (covers(entry, address.host)) return std::optional<Address>();
    }
  }
  const auto* proxy = address.secure ? variable("HTTPS_PROXY", "https_proxy")
                                     : variable("HTTP_PROXY", "http_proxy");
  if (proxy == nullptr) proxy = variable("ALL_PROXY", "all_proxy");
  if (proxy == nullptr) return std::optional<Address>();
  const bool bare = proxy->find("://") == proxy->npos;
  auto parsed = Address::parse(bare ? "http://" + *proxy : *proxy);
  if (!parsed) return std::move(parsed).error();
  if (parsed->secure) {
    return fail(Errc::invalid_argument, "the proxy '{}' is to be reached by http://",
                parsed->host_port());
  }
  return std::optional<Address>(std::move(*parsed));
}

}  // namespace davit::fetch
