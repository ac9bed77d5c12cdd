#include "cli/session.hpp"

#include "base/ids.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

Error not_logged_in(const std::string& server) {
  return fail(Errc::unauthorized, "not logged in to {0}; run `davit login --url {0}`", server);
}

}  // namespace

Session::Session(const Environment& environment, Terminal& terminal, const Clock& clock,
                 CommonOptions options)
    : environment_(environment),
      terminal_(terminal),
      clock_(clock),
      options_(std::move(options)),
      git_(environment) {}

Result<Credentials*> Session::credentials() {
  if (!credentials_) {
    const auto folder = environment_.config_dir();
    if (!folder) return folder.error();
    auto loaded = Credentials::load(*folder);
    if (!loaded) return loaded.error();
    credentials_ = std::move(*loaded);
  }
  return &*credentials_;
}

Result<> Session::save_credentials() {
  const auto folder = environment_.config_dir();
  if (!folder) return folder.error();
  const auto loaded = credentials();
  if (!loaded) return loaded.error();
  return (*loaded)->save(*folder);
}

Result<std::optional<GitUrl>> Session::app_remote() {
  auto remotes = git_.remotes();
  if (!remotes) return remotes.error();
  const auto known = credentials();
  if (!known) return known.error();
  const std::string wanted = options_.remote.empty() ? "davit" : options_.remote;
  std::vector<GitUrl> candidates;
  for (const auto& remote : *remotes) {
    auto url = GitUrl::parse(remote.url);
    if (remote.name == wanted) {
      if (!url) return url.error();
      return std::optional(std::move(*url));
    }
    if (url && (*known)->server_at(url->server)) candidates.push_back(std::move(*url));
  }
  if (!options_.remote.empty()) {
    return fail(Errc::invalid_argument, "no git remote '{}' here; `git remote -v` lists them",
                options_.remote);
  }
  if (candidates.size() > 1) {
    return fail(Errc::invalid_argument,
                "several git remotes here are apps; say which: --remote NAME or --app APP");
  }
  if (candidates.empty()) return std::optional<GitUrl>();
  return std::optional(std::move(candidates.front()));
}

Result<std::string> Session::app() {
  std::string name = options_.app;
  if (name.empty()) {
    const auto remote = app_remote();
    if (!remote) return remote.error();
    if (!*remote) {
      return fail(Errc::invalid_argument,
                  "which app? Use --app APP, or run this where a git remote 'davit' is "
                  "(`davit git:remote -a APP` adds one)");
    }
    name = (*remote)->app;
  }
  if (!AppName::parse(name) && !AppId::parse(name)) {
    return fail(Errc::invalid_argument, "'{}' cannot be an app's name; `davit apps` lists yours",
                one_line(name));
  }
  return name;
}

Result<TheApp> Session::the_app() {
  auto name = app();
  if (!name) return name.error();
  const auto client = api();
  if (!client) return client.error();
  std::string path = "/apps/" + encode_segment(*name);
  return TheApp{std::move(*name), std::move(path), **client};
}

Result<ServerUrl> Session::server() {
  if (!options_.url.empty()) return ServerUrl::parse(options_.url);
  if (const auto url = environment_.get("DAVIT_URL"); !url.empty()) return ServerUrl::parse(url);
  return server_of_remote_or_default();
}

Result<ServerUrl> Session::server_of_remote_or_default() {
  const auto known = credentials();
  if (!known) return known.error();
  // With --app and without --remote the repository at hand may be another matter.
  auto remote = app_remote();
  if (!remote && (!options_.remote.empty() || options_.app.empty())) return remote.error();
  if (remote && *remote) {
    if (const auto url = (*known)->server_at((*remote)->server)) return ServerUrl::parse(*url);
    if (options_.app.empty() || !options_.remote.empty()) return (*remote)->server;
  }
  if ((*known)->default_server.empty()) {
    return fail(Errc::unauthorized,
                "not logged in; run `davit login --url https://paas.example.com` with your server");
  }
  return ServerUrl::parse((*known)->default_server);
}

Result<std::string> Session::token_for(const ServerUrl& server) {
  const auto known = credentials();
  if (!known) return known.error();
  const auto stored = (*known)->server_at(server);
  if (const auto key = environment_.get("DAVIT_API_KEY"); !key.empty()) {
    const bool named = !options_.url.empty() || !environment_.get("DAVIT_URL").empty() || stored;
    if (!named) {
      return fail(
          Errc::unauthorized,
          "DAVIT_API_KEY is set, but only a git remote names {0}; if you trust that server, "
          "set DAVIT_URL={0} too",
          server.str());
    }
    if (key.find_first_of("\r\n") != std::string::npos) {
      return fail(Errc::invalid_argument, "DAVIT_API_KEY has a line break in it");
    }
    return key;
  }
  if (!stored) return not_logged_in(server.str());
  const std::string& token = (*known)->accounts.at(*stored).token;
  if (token.empty() || token.find_first_of("\r\n") != std::string::npos) {
    return not_logged_in(server.str());
  }
  return token;
}

Result<ApiClient*> Session::api() {
  if (api_) return api_.get();
  const auto where = server();
  if (!where) return where.error();
  const auto token = token_for(*where);
  if (!token) return token.error();
  api_ = std::make_unique<ApiClient>(*where, Authorization::bearer(*token));
  return api_.get();
}

Result<> Session::trust_git_server(const std::string& api_url, const std::string& git_url) {
  const auto git = GitUrl::parse(git_url);
  if (!git) return git.error();
  const auto known = credentials();
  if (!known) return known.error();
  const auto account = (*known)->accounts.find(api_url);
  // With a key from the environment alone nothing is stored, so there is nothing to answer git
  // with.
  if (account == (*known)->accounts.end()) return {};
  const std::string server = git->server.str();
  if (server == api_url || account->second.git_servers.contains(server)) return {};
  account->second.git_servers.insert(server);
  DAVIT_TRY(save_credentials());
  return git_.set_credential_helper(server);
}

}  // namespace davit::cli
