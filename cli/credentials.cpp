#include "cli/credentials.hpp"

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "cli/json_fields.hpp"

namespace davit::cli {
namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

std::filesystem::path file_in(const std::filesystem::path& config_dir) {
  return config_dir / "credentials.json";
}

}  // namespace

Result<Credentials> Credentials::load(const std::filesystem::path& config_dir) {
  Credentials credentials;
  const auto path = file_in(config_dir);
  const auto text = read_file(path, file_bytes_max);
  if (!text) {
    if (text.error().code == Errc::not_found) return credentials;
    return text.error();
  }
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) {
    return fail(Errc::corrupt, "{} is not readable as JSON; remove it and `davit login` again",
                path.string());
  }
  credentials.default_server = text_at(json, "default");
  const auto servers = json.find("servers");
  if (servers == json.end() || !servers->is_object()) return credentials;
  for (const auto& [url, entry] : servers->items()) {
    Account account{text_at(entry, "email"), text_at(entry, "token"), {}};
    for (const auto& git : list_at(entry, "git_servers")) {
      if (git.is_string()) account.git_servers.insert(git.get<std::string>());
    }
    credentials.accounts.emplace(url, std::move(account));
  }
  return credentials;
}

Result<> Credentials::save(const std::filesystem::path& config_dir) const {
  nlohmann::json servers = nlohmann::json::object();
  for (const auto& [url, account] : accounts) {
    servers[url] = {
        {"email", account.email}, {"token", account.token}, {"git_servers", account.git_servers}};
  }
  const nlohmann::json json{{"default", default_server}, {"servers", servers}};
  DAVIT_TRY(make_directories(config_dir, 0700));
  return write_file_atomic(file_in(config_dir), json.dump(2) + "\n", 0600);
}

std::optional<std::string> Credentials::server_at(const ServerUrl& address) const {
  const std::string url = address.str();
  if (accounts.contains(url)) return url;
  for (const auto& [server, account] : accounts) {
    if (account.git_servers.contains(url)) return server;
  }
  return std::nullopt;
}

}  // namespace davit::cli
