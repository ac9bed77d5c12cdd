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
  std::string host;  // an IPv6 address without brackets
  std::string port;
  std::string target;    // path and query, as it goes into a request
  std::string userinfo;  // "user:password", decoded; never in str()

  static Result<Address> parse(std::string_view url);
  // Where a Location field leads from here. An https address never leads to an http one; user and
  // password stay on the same host.
  Result<Address> follow(std::string_view location) const;
  std::string host_port() const;  // for the Host field
  std::string str() const;
};

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
