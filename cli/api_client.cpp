#include "cli/api_client.hpp"

#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "cli/json_fields.hpp"

namespace davit::cli {
namespace {

constexpr int pages_max = 1000;  // against a server that sends Next-Range for ever

Errc code_of(int status) {
  switch (status) {
    case 401: return Errc::unauthorized;
    case 403: return Errc::forbidden;
    case 404:
    case 410: return Errc::not_found;
    case 413: return Errc::too_large;
    case 429: return Errc::limit_exceeded;
    default: return status >= 500 ? Errc::unavailable : Errc::conflict;
  }
}

std::string hint_of(int status, const ServerUrl& server) {
  if (status == 401) return "\nLog in again: davit login --url " + server.str();
  if (status == 429) return "\nWait a minute, then try again.";
  return {};
}

}  // namespace

Authorization Authorization::bearer(const std::string& token) { return {"Bearer " + token}; }

Authorization Authorization::basic(const std::string& user, const std::string& password) {
  return {"Basic " + base64_encode(user + ":" + password)};
}

Error api_error(const HttpResponse& response, const ServerUrl& server) {
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  const std::string message = text_at(json, "message");
  if (message.empty()) {
    return fail(code_of(response.status),
                "{} answered {} without saying why; is it a Davit server?{}", server.str(),
                response.status, hint_of(response.status, server));
  }
  const std::string id = text_at(json, "id");
  return fail(code_of(response.status), "{}{}{}", message,
              id.empty() ? std::string() : "\nError ID: " + id, hint_of(response.status, server));
}

ApiClient::ApiClient(ServerUrl server, Authorization authorization)
    : http_(std::move(server)), authorization_(std::move(authorization)) {}

Result<HttpResponse> ApiClient::send(HttpRequest request) {
  request.fields.emplace_back("Accept", "application/vnd.heroku+json; version=3");
  request.fields.emplace_back("User-Agent", "davit/" DAVIT_VERSION);
  if (!authorization_.header.empty()) {
    request.fields.emplace_back("Authorization", authorization_.header);
  }
  auto response = http_.send(request);
  if (!response) return response;
  if (response->status / 100 != 2) return api_error(*response, http_.server());
  if (const auto warning = response->field("Warning-Message"); !warning.empty()) warning_ = warning;
  return response;
}

Result<nlohmann::json> ApiClient::json_of(HttpRequest request) {
  const auto response = send(std::move(request));
  if (!response) return response.error();
  if (response->body.empty()) return json_result(nullptr);
  auto json = nlohmann::json::parse(response->body, nullptr, false);
  if (json.is_discarded()) {
    return fail(Errc::corrupt, "{} answered with something that is not JSON; is it a Davit server?",
                http_.server().str());
  }
  return json_result(std::move(json));
}

Result<nlohmann::json> ApiClient::get(const std::string& path, const std::string& range) {
  HttpRequest request{"GET", path, {}, {}};
  if (!range.empty()) request.fields.emplace_back("Range", range);
  return json_of(std::move(request));
}

Result<nlohmann::json> ApiClient::list(const std::string& path) {
  auto all = nlohmann::json::array();
  std::string range;
  for (int page = 0; page < pages_max; ++page) {
    HttpRequest request{"GET", path, {}, {}};
    if (!range.empty()) request.fields.emplace_back("Range", range);
    const auto response = send(std::move(request));
    if (!response) return response.error();
    const auto json = nlohmann::json::parse(response->body, nullptr, false);
    if (!json.is_array()) {
      return fail(Errc::corrupt, "{} answered {} with something that is no list",
                  http_.server().str(), path);
    }
    all.insert(all.end(), json.begin(), json.end());
    range = response->field("Next-Range");
    if (range.empty()) return json_result(std::move(all));
  }
  return fail(Errc::too_large, "the list {} has more than {} pages", path, pages_max);
}

Result<nlohmann::json> ApiClient::post(const std::string& path, const nlohmann::json& body) {
  return json_of({"POST", path, {{"Content-Type", "application/json"}}, pretty(body)});
}

Result<nlohmann::json> ApiClient::put(const std::string& path, const nlohmann::json& body) {
  return json_of({"PUT", path, {{"Content-Type", "application/json"}}, pretty(body)});
}

Result<nlohmann::json> ApiClient::patch(const std::string& path, const nlohmann::json& body) {
  return json_of({"PATCH", path, {{"Content-Type", "application/json"}}, pretty(body)});
}

Result<nlohmann::json> ApiClient::remove(const std::string& path) {
  return json_of({"DELETE", path, {}, {}});
}

Result<HttpResponse> stream_url(const std::string& url, const HttpFields& fields,
                                HttpTimeouts timeouts, const BodyTaker& take) {
  auto where = WebUrl::parse(url);
  if (!where) {
    return fail(Errc::corrupt, "the server named a stream that cannot be read: {}",
                where.error().message);
  }
  HttpClient client(where->server, timeouts);
  auto response = client.stream({"GET", where->target, fields, {}}, take);
  if (response && response->status / 100 != 2) return api_error(*response, where->server);
  return response;
}

Result<> put_file(const std::string& url, const std::filesystem::path& file) {
  auto where = WebUrl::parse(url);
  if (!where) {
    return fail(Errc::corrupt, "the server named a place for uploads that cannot be read: {}",
                where.error().message);
  }
  HttpClient client(where->server);
  HttpRequest request{"PUT", where->target, {}, {}};
  request.body_file = file;
  const auto response = client.send(request);
  if (!response) return response.error();
  return response->status / 100 == 2 ? Result<>() : api_error(*response, where->server);
}

}  // namespace davit::cli
