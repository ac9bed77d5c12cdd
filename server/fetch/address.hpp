#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::fetch {

// An http or https URL, taken apart. Pure value.
struct Address {
  bool secure = false;
  // A name of letters, digits, '.', '_' and '-', in lower case, or an address: IPv4 as four decimal
  // numbers, IPv6 without brackets. Whatever else a resolver would take for an address (127.1,
  // 0x7f000001, 2130706433) is none here: a guard would judge it as a name.
  std::string host;
  std::string port;
  std::string target;    // path and query, as it goes into a request
  std::string userinfo;  // "user:password", decoded; never in url() or shown()

  static Result<Address> parse(std::string_view url);
  // Where a Location field leads from here. An https address never leads to an http one; user and
  // password stay on the same host.
  Result<Address> follow(std::string_view location) const;
  std::string host_port() const;  // for the Host field
  std::string url() const;        // as it is asked for; its query may hold a token
  std::string shown() const;      // for people and logs: without its query
};

// Any text that should be an address, for people and logs: without user, password and what its
// query says. What stands behind a '#' stays: it names a branch or a commit.
std::string shown_url(std::string_view url);

// `base` with the user and password of `url`, as long as both are of one host.
std::string with_userinfo_of(const std::string& base, const std::string& url);

// Which proxy an address is asked through, by the variables that curl reads: HTTPS_PROXY,
// HTTP_PROXY, ALL_PROXY and NO_PROXY, in lower case too.
class Proxies {
 public:
  explicit Proxies(std::map<std::string, std::string> environment) : env_(std::move(environment)) {}
  Result<std::optional<Address>> for_address(const Address& address) const;

 private:
  const std::string* variable(std::string_view upper, std::string_view lower) const;
  std::map<std::string, std::string> env_;
};

}  // namespace davit::fetch
