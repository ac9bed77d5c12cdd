#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "cli/server_url.hpp"

namespace davit::cli {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, already encoded
  HttpFields fields;
  std::string body;
  std::filesystem::path body_file{};  // instead of `body`: sent as it is read
};

struct HttpResponse {
  int status = 0;
  HttpFields fields;
  std::string body;  // empty when it was streamed
  std::string_view field(
      std::string_view name) const;  // first value, or empty; names compare without case
};

// Takes a successful response's body as it comes; false ends the exchange.
using BodyTaker = std::function<bool(std::string_view bytes)>;

struct HttpTimeouts {
  std::chrono::seconds connect{10};
  std::chrono::seconds idle{60};  // longest wait for the next byte of an answer
};

// One connection to one server, kept open between requests. Blocking; one thread. Certificates are
// verified against the system's store (SSL_CERT_FILE and SSL_CERT_DIR count). Redirects are not
// followed: a token goes to one server. Errors: unavailable (no connection, or it broke), timeout,
// corrupt (no HTTP), too_large.
class HttpClient {
 public:
  explicit HttpClient(ServerUrl server, HttpTimeouts timeouts = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Result<HttpResponse> send(const HttpRequest& request);
  Result<HttpResponse> stream(const HttpRequest& request, const BodyTaker& take);
  const ServerUrl& server() const { return server_; }

 private:
  struct Impl;
  ServerUrl server_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit::cli
