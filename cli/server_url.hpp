#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::cli {

// Scheme, host and port of a server: what credentials are tied to.
struct ServerUrl {
  bool tls = false;
  std::string host;  // lower case; IPv6 without brackets
  std::string port;  // always a number

  // "https://paas.example.com", "http://localhost:8080". Without a scheme: http for this machine,
  // https for others. A path, a user or a query is refused. invalid_argument says what is wrong.
  static Result<ServerUrl> parse(std::string_view text);
  std::string str() const;        // normal form, default port left out
  std::string host_port() const;  // as the Host header wants it
  bool is_this_machine() const;   // localhost, *.localhost (RFC 6761), 127.*, ::1
  friend bool operator==(const ServerUrl&, const ServerUrl&) = default;
};

// An absolute http(s) URL: a server and the rest.
struct WebUrl {
  ServerUrl server;
  std::string target;  // path and query, at least "/"
  static Result<WebUrl> parse(std::string_view text);
};

// Where a git remote points: "http://git.localhost:8080/blog.git".
struct GitUrl {
  ServerUrl server;
  std::string app;
  static Result<GitUrl> parse(std::string_view text);
};

}  // namespace davit::cli
