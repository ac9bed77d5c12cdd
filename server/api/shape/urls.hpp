#pragma once
#include <cstdint>
#include <string>

#include "base/ids.hpp"

namespace davit::api {

// How the outside reaches us: what URLs in answers are made of. Immutable.
struct PlatformUrls {
  std::string scheme = "http";
  std::string domain = "localhost";  // apps are at APP.domain, the API and git at domain itself
  std::uint16_t port = 8080;

  std::string host(const std::string& name) const {
    const bool usual = (scheme == "http" && port == 80) || (scheme == "https" && port == 443);
    return usual ? name : name + ":" + std::to_string(port);
  }
  std::string control() const { return scheme + "://" + host(domain); }
  std::string app_host(const AppName& app) const { return app.str() + "." + domain; }
  std::string web(const AppName& app) const { return scheme + "://" + host(app_host(app)) + "/"; }
  std::string git(const AppName& app) const { return control() + "/" + app.str() + ".git"; }
};

}  // namespace davit::api
