#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"
#include "cli/http/client.hpp"
#include "cli/server_url.hpp"

namespace davit::cli {

// How a request proves who sends it.
struct Authorization {
  static Authorization none() { return {}; }
  static Authorization bearer(const std::string& token);
  static Authorization basic(const std::string& user, const std::string& password);
  std::string header;  // empty: none
};

// The Platform API of one server. An error answer becomes an Error whose message is the server's
// and whose second line is "Error ID: not_found". Blocking; one thread.
class ApiClient {
 public:
  ApiClient(ServerUrl server, Authorization authorization);

  Result<nlohmann::json> get(const std::string& path, const std::string& range = {});
  Result<nlohmann::json> list(const std::string& path);  // every page of it
  Result<nlohmann::json> post(const std::string& path, const nlohmann::json& body);
  Result<nlohmann::json> put(const std::string& path, const nlohmann::json& body);
  Result<nlohmann::json> patch(const std::string& path, const nlohmann::json& body);
  Result<nlohmann::json> remove(const std::string& path);  // DELETE
  const ServerUrl& server() const { return http_.server(); }
  // What the server wanted the user to know (Warning-Message), once.
  std::string take_warning() { return std::exchange(warning_, {}); }

 private:
  Result<HttpResponse> send(HttpRequest request);
  Result<nlohmann::json> json_of(HttpRequest request);

  HttpClient http_;
  Authorization authorization_;
  std::string warning_;
};

// An absolute URL that the server handed out (log session, build output): fetched without a token,
// it is the secret.
Result<HttpResponse> stream_url(const std::string& url, const HttpFields& fields,
                                HttpTimeouts timeouts, const BodyTaker& take);

// Sends a file to such a URL, by PUT.
Result<> put_file(const std::string& url, const std::filesystem::path& file);

// The Error for a status that is no success.
Error api_error(const HttpResponse& response, const ServerUrl& server);

}  // namespace davit::cli
