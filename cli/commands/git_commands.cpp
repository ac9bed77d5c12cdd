#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

constexpr std::size_t request_bytes_max = 64 * 1024;  // gitcredentials(7): a few short lines

std::string read_request() {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t n = 0;
  while (text.size() < request_bytes_max &&
         (n = ::read(STDIN_FILENO, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return text;
}

// git's question, by git-credential(1): "protocol=http\nhost=localhost:8080\n".
// Silence means "not mine": git then asks the next helper or the user.
Outcome credentials(Session& session, const std::string& operation) {
  if (operation != "get") return 0;  // "store" and "erase": the login decides what is kept
  std::string protocol, host;
  for (const std::string& line : split_lines(read_request())) {
    if (line.starts_with("protocol=")) protocol = line.substr(9);
    if (line.starts_with("host=")) host = line.substr(5);
  }
  if (protocol != "http" && protocol != "https") return 0;
  const auto asked = ServerUrl::parse(protocol + "://" + host);
  if (!asked) return 0;
  const auto known = session.credentials();
  if (!known) return known.error();
  const auto owner = (*known)->server_at(*asked);

  std::string token;
  if (owner) token = (*known)->accounts.at(*owner).token;
  // The environment's key goes to the server that the environment names, and to a known one.
  const std::string key = session.environment().get("DAVIT_API_KEY");
  const auto named = ServerUrl::parse(session.environment().get("DAVIT_URL"));
  if (!key.empty() && (owner || (named && *named == *asked))) token = key;
  if (token.empty() || token.find_first_of("\r\n") != std::string::npos) return 0;
  session.terminal().write("username=davit\npassword=" + token + "\n");
  return 0;
}

Outcome add_remote(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto app = at->api.get(at->path);
  if (!app) return app.error();
  if (!session.git().in_repository()) {
    return fail(Errc::invalid_argument,
                "this folder is no git repository; `git init` makes it one");
  }
  const std::string url = text_at(*app, "git_url");
  const std::string remote = session.options().remote.empty() ? "davit" : session.options().remote;
  DAVIT_TRY(session.trust_git_server(at->api.server().str(), url));
  DAVIT_TRY(session.git().set_remote(remote, url));
  session.terminal().print("set git remote " + remote + " to " + url);
  return 0;
}

Outcome clone(Session& session, const std::string& folder) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto app = at->api.get(at->path);
  if (!app) return app.error();
  const std::string url = text_at(*app, "git_url");
  DAVIT_TRY(session.trust_git_server(at->api.server().str(), url));
  const std::string remote = session.options().remote.empty() ? "davit" : session.options().remote;
  return session.git().become_clone(url, remote, folder.empty() ? text_at(*app, "name") : folder);
}

}  // namespace

std::vector<Command> git_commands() {
  return {
      {.name = "git:remote",
       .aliases = {},
       .topic = "git",
       .usage = "-a APP",
       .summary = "add or update the git remote of an app",
       .examples = {"git:remote -a blog", "git:remote -a blog-staging -r staging"},
       .declare = [](Arguments&) -> Run { return add_remote; }},
      {.name = "git:clone",
       .aliases = {},
       .topic = "git",
       .usage = "[FOLDER] -a APP",
       .summary = "clone an app's repository",
       .examples = {"git:clone -a blog"},
       .declare = [](Arguments& arguments) -> Run {
         auto folder = std::make_shared<std::string>();
         arguments.argument("folder", *folder, "where to; the app's name when left out");
         return [folder](Session& session) { return clone(session, *folder); };
       }},
      {.name = "git:credentials",
       .aliases = {},
       .topic = "git",
       .usage = "get",
       .summary = "answer git's question for a password (git runs this)",
       .examples = {},
       .scope = Scope::nothing,
       .declare = [](Arguments& arguments) -> Run {
         auto operation = std::make_shared<std::string>();
         arguments.argument("operation", *operation, "get, store or erase", Need::required);
         return [operation](Session& session) { return credentials(session, *operation); };
       }},
  };
}

}  // namespace davit::cli
