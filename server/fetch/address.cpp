#include "server/fetch/address.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>

#include "base/encoding.hpp"
#include "server/fetch/limits.hpp"

namespace davit::fetch {
namespace {

// It may hold a password although it is no address.
Error no_address(std::string_view url) {
  return fail(Errc::invalid_argument, "\"{}\" is no http or https address",
              printable(shown_url(url), 200));
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_name_letter(unsigned char c) {
  return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
}

// The last part of a name: what inet_aton(3), and with it a resolver, may take for a number.
bool ends_in_number(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') == name.npos ? 0 : name.rfind('.') + 1);
  const auto all = [](std::string_view text, auto is) { return std::ranges::all_of(text, is); };
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto hex_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
  if (last.starts_with("0x")) return all(last.substr(2), hex_digit);
  return all(last, digit);
}

// nullopt: no host that is asked. Judged as it is written: "%6c" is no other way to write a letter
// here, for "%0d" would be one to write a line's end.
std::optional<std::string> host_of(const boost::urls::url_view& url) {
  const std::string written{std::string_view(url.encoded_host_address())};
  if (url.host_type() == boost::urls::host_type::ipv6) {
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address_v6(written, ec);
    // One of this machine's interfaces has no place in an address of the internet.
    if (ec || address.scope_id() != 0) return std::nullopt;
    return address.to_string();
  }
  if (url.host_type() == boost::urls::host_type::ipv4) return written;
  if (url.host_type() != boost::urls::host_type::name) return std::nullopt;
  std::string name = written;
  if (!std::ranges::all_of(name, is_name_letter)) return std::nullopt;
  if (name.ends_with('.')) name.pop_back();
  if (name.empty() || name.size() > limits::host_bytes_max || name.starts_with('.') ||
      name.ends_with('.') || name.find("..") != name.npos) {
    return std::nullopt;
  }
  name = lower_case(std::move(name));
  if (!ends_in_number(name)) return name;
  boost::system::error_code ec;  // "127.0.0.1.", perhaps
  const auto address = boost::asio::ip::make_address_v4(name, ec);
  if (ec || address.to_string() != name) return std::nullopt;
  return name;
}

// Empty: it has one that no connection can be made to.
std::string port_of(const boost::urls::url_view& url, bool secure) {
  if (url.port().empty()) return secure ? "443" : "80";
  return url.port_number() == 0 ? "" : std::to_string(url.port_number());
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
  // Boost.URL takes "1.2.3.4a" for 1.2.3.4 and lets the rest be.
  std::string_view rest = url.substr(parsed->scheme().size());
  if (!rest.starts_with("://")) return no_address(url);
  rest.remove_prefix(3);
  const std::string_view authority = parsed->encoded_authority();
  if (rest.substr(0, rest.find_first_of("/?#")) != authority) return no_address(url);
  Address address;
  address.secure = parsed->scheme() == "https";
  auto host = host_of(*parsed);
  address.port = port_of(*parsed, address.secure);
  if (!host || address.port.empty()) return no_address(url);
  address.host = std::move(*host);
  address.target = parsed->encoded_target();
  if (address.target.empty()) address.target = "/";
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  address.userinfo = parsed->userinfo();
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
    return fail(Errc::corrupt, "'{}' leads to '{}', which is not encrypted", shown(),
                next->shown());
  }
  return next;
}

std::string Address::host_port() const {
  const std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == (secure ? "443" : "80") ? name : name + ":" + port;
}

std::string Address::url() const {
  return fmt::format("{}://{}{}", secure ? "https" : "http", host_port(), target);
}

std::string Address::shown() const { return shown_url(url()); }

std::string shown_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t start = scheme == url.npos ? 0 : scheme + 3;
  const std::string_view rest = url.substr(start);
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  std::size_t at = host.rfind('@');
  const std::size_t colon = host.rfind(':');
  // A password with a '/' in it: what follows the ':' is no port then.
  if (at == host.npos && colon != host.npos && !host.starts_with('[') &&
      host.find_first_not_of("0123456789", colon + 1) != host.npos) {
    at = rest.substr(0, rest.find_first_of("?#")).rfind('@');
  }
  std::string shown(url.substr(0, start));
  const std::string_view open = rest.substr(at == rest.npos ? 0 : at + 1);
  const std::size_t query = open.find('?');
  if (query == open.npos) return shown += open;
  shown += open.substr(0, query);
  const std::size_t hash = open.find('#', query);
  return shown += hash == open.npos ? "?..." : "?..." + std::string(open.substr(hash));
}

std::string with_userinfo_of(const std::string& base, const std::string& url) {
  const auto given = Address::parse(url);
  const auto now = Address::parse(base);
  if (!given || !now || given->userinfo.empty()) return base;
  if (given->host_port() != now->host_port() || given->secure != now->secure) return base;
  const auto from = boost::urls::parse_uri(url);
  boost::urls::url whole(*boost::urls::parse_uri(base));
  whole.set_encoded_userinfo(from->encoded_userinfo());
  return whole.buffer();
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
    const std::string lower = lower_case(*list);
    std::string_view left = lower;
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
