#include "cli/server_url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/encoding.hpp"

namespace davit::cli {
namespace {

bool host_is_local(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") ||
         host == "::1";
}

Error bad_url(std::string_view text, std::string_view why) {
  return fail(Errc::invalid_argument,
              "'{}' is no server's URL: {}; it looks like "
              "https://paas.example.com or http://localhost:8080",
              printable(text, 200), why);
}

Result<ServerUrl> server_of(const boost::urls::url_view& url, std::string_view text) {
  ServerUrl server;
  std::string scheme(url.scheme());
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), ::tolower);
  if (scheme != "http" && scheme != "https") return bad_url(text, "only http and https are known");
  server.tls = scheme == "https";
  server.host = std::string(url.host_address());
  std::transform(server.host.begin(), server.host.end(), server.host.begin(), ::tolower);
  if (server.host.empty()) return bad_url(text, "it has no host");
  const bool plain = std::all_of(server.host.begin(), server.host.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' ||
           c == ':';
  });
  if (!plain) return bad_url(text, "its host has a character that no host name has");
  server.port = std::string(url.port());
  if (server.port.empty()) server.port = server.tls ? "443" : "80";
  if (server.port.size() > 5 || std::stoul(server.port) < 1 || std::stoul(server.port) > 65535) {
    return bad_url(text, "a port is a number from 1 to 65535");
  }
  return server;
}

}  // namespace

Result<ServerUrl> ServerUrl::parse(std::string_view text) {
  std::string whole(text);
  if (whole.find("://") == std::string::npos) {
    const std::string host = whole.substr(0, whole.find_first_of(":/"));
    whole = (host_is_local(host) ? "http://" : "https://") + whole;
  }
  const auto url = boost::urls::parse_uri(whole);
  if (!url) return bad_url(text, "it cannot be read");
  if (url->has_userinfo()) return bad_url(text, "a user or password does not belong into it");
  if (url->encoded_path() != "" && url->encoded_path() != "/") {
    return bad_url(text, "a path does not belong into it");
  }
  if (url->has_query() || url->has_fragment())
    return bad_url(text, "a query does not belong into it");
  return server_of(*url, text);
}

std::string ServerUrl::host_port() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

std::string ServerUrl::str() const { return (tls ? "https://" : "http://") + host_port(); }

bool ServerUrl::is_this_machine() const { return host_is_local(host); }

Result<WebUrl> WebUrl::parse(std::string_view text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url) return bad_url(text, "it cannot be read");
  auto server = server_of(*url, text);
  if (!server) return server.error();
  std::string target(url->encoded_path());
  if (target.empty()) target = "/";
  if (url->has_query()) target += "?" + std::string(url->encoded_query());
  return WebUrl{std::move(*server), std::move(target)};
}

Result<GitUrl> GitUrl::parse(std::string_view text) {
  auto web = WebUrl::parse(text);
  if (!web) return web.error();
  std::string app = web->target.substr(web->target.rfind('/') + 1);
  if (app.ends_with(".git")) app.resize(app.size() - 4);
  if (app.empty()) return bad_url(text, "it names no app");
  return GitUrl{std::move(web->server), std::move(app)};
}

}  // namespace davit::cli
