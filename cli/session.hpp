#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cli/api_client.hpp"
#include "cli/credentials.hpp"
#include "cli/environment.hpp"
#include "cli/git.hpp"
#include "cli/terminal.hpp"

namespace davit::cli {

// What every command may be told.
struct CommonOptions {
  std::string app;
  std::string remote;
  std::string url;
  bool json = false;
};

// One app on its server: what most commands begin with. The session outlives it.
struct TheApp {
  std::string name;  // as the user or the git remote says it
  std::string path;  // "/apps/blog"
  ApiClient& api;
};

// One run of a command: which server, which app, who am I. Reads files and git only when asked. One
// thread.
class Session {
 public:
  Session(const Environment& environment, Terminal& terminal, const Clock& clock,
          CommonOptions options);

  // --url, $DAVIT_URL, the git remote's server, the server of the last login. unauthorized: none of
  // them.
  Result<ServerUrl> server();
  // A client of server() with $DAVIT_API_KEY or the stored token. A key from the environment goes
  // only to a server that the user named, never to one that a repository's remote names: a
  // repository may come from anywhere.
  Result<ApiClient*> api();
  // --app, or the app of the git remote (--remote, or "davit", or the only one that belongs to a
  // known server).
  Result<std::string> app();
  Result<TheApp> the_app();  // app() and api() together
  void choose_app(std::string name) {
    options_.app = std::move(name);
  }  // as an argument, not --app

  Result<Credentials*> credentials();
  Result<> save_credentials();
  Result<std::string> token_for(const ServerUrl& server);
  // Lets git ask this program for the password of that server's repositories.
  Result<> trust_git_server(const std::string& api_url, const std::string& git_url);

  Terminal& terminal() { return terminal_; }
  const Environment& environment() const { return environment_; }
  const CommonOptions& options() const { return options_; }
  Git& git() { return git_; }
  bool json() const { return options_.json; }
  WallTime now() const { return clock_.wall(); }

 private:
  Result<std::optional<GitUrl>> app_remote();
  Result<ServerUrl> server_of_remote_or_default();

  const Environment& environment_;
  Terminal& terminal_;
  const Clock& clock_;
  CommonOptions options_;
  Git git_;
  std::optional<Credentials> credentials_;
  std::unique_ptr<ApiClient> api_;
};

}  // namespace davit::cli
