#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"

namespace davit::cli {
namespace {

constexpr std::size_t password_bytes_max = 1024;

struct LoginOptions {
  std::string email;
  bool password_stdin = false;
};

// One line of standard input, without its end.
Result<std::string> password_from_stdin() {
  std::string password;
  char c = 0;
  while (::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
    if (password.size() >= password_bytes_max) {
      return fail(Errc::invalid_argument, "the password is over {} bytes", password_bytes_max);
    }
    password += c;
  }
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty()) return fail(Errc::invalid_argument, "standard input holds no password");
  return password;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown host";
  return name.data();
}

Result<std::string> fetch_token(const ServerUrl& server, const std::string& email,
                                const std::string& password, std::string& account) {
  ApiClient api(server, Authorization::basic(email, password));
  const auto answer = api.post("/oauth/authorizations",
                               {{"scope", {"global"}}, {"description", "davit on " + host_name()}});
  if (!answer) {
    if (answer.error().code != Errc::unauthorized) return answer.error();
    return fail(Errc::unauthorized, "{} does not know this e-mail address and password",
                server.str());
  }
  std::string token = text_at(*answer, "access_token.token");
  if (token.empty()) {
    return fail(Errc::corrupt, "{} answered without a token; is it a Davit server?", server.str());
  }
  account = text_at(*answer, "user.email");
  if (account.empty()) account = email;
  return token;
}

Outcome login(Session& session, const LoginOptions& options) {
  const auto server = session.server();
  if (!server) return server.error();
  Terminal& terminal = session.terminal();
  if (!session.environment().get("DAVIT_API_KEY").empty()) {
    return fail(Errc::invalid_argument,
                "DAVIT_API_KEY is set and would win over a login; unset it first");
  }
  if (!server->tls && !server->is_this_machine()) {
    terminal.warning("The password goes to " + server->str() +
                     " unencrypted. Use https if the server has it.");
  }
  const bool email_given = !options.email.empty();
  Result<std::string> email = options.email;
  if (!email_given) email = session.terminal().ask("E-mail at " + server->str());
  if (!email) return email.error();
  if (email->empty() || email->find_first_of(":\r\n") != std::string::npos) {
    return fail(Errc::invalid_argument, "an e-mail address is needed to log in (--email)");
  }
  const auto password =
      options.password_stdin ? password_from_stdin() : terminal.ask_hidden("Password");
  if (!password) return password.error();

  std::string account;
  const auto token = fetch_token(*server, *email, *password, account);
  if (!token) return token.error();
  const auto credentials = session.credentials();
  if (!credentials) return credentials.error();
  (*credentials)->accounts[server->str()] = Account{account, *token, {}};
  (*credentials)->default_server = server->str();
  DAVIT_TRY(session.save_credentials());
  if (auto helper = session.git().set_credential_helper(server->str()); !helper) {
    terminal.warning("git was not told how to log in: " + helper.error().message);
  }
  terminal.note("Logged in to " + server->str() + " as " + account);
  return 0;
}

Outcome logout(Session& session) {
  const auto server = session.server();
  if (!server) return server.error();
  const auto credentials = session.credentials();
  if (!credentials) return credentials.error();
  const auto known = (*credentials)->server_at(*server);
  if (!known) {
    session.terminal().note("Not logged in to " + server->str());
    return 0;
  }
  const Account account = (*credentials)->accounts.at(*known);
  // The stored key, whatever the environment says: that one is not ours to revoke.
  auto where = ServerUrl::parse(*known);
  if (where) {
    ApiClient api(*where, Authorization::bearer(account.token));
    const auto revoked = api.remove("/oauth/sessions/~");
    if (!revoked && revoked.error().code != Errc::unauthorized &&
        revoked.error().code != Errc::not_found) {
      session.terminal().warning("The key is forgotten here, but the server did not hear it: " +
                                 revoked.error().message);
    }
  }
  (*credentials)->accounts.erase(*known);
  if ((*credentials)->default_server == *known) {
    const auto& rest = (*credentials)->accounts;
    (*credentials)->default_server = rest.empty() ? std::string() : rest.begin()->first;
  }
  DAVIT_TRY(session.save_credentials());
  static_cast<void>(session.git().unset_credential_helper(*known));
  for (const auto& git : account.git_servers) {
    static_cast<void>(session.git().unset_credential_helper(git));
  }
  session.terminal().note("Logged out of " + *known);
  return 0;
}

Outcome whoami(Session& session) {
  const auto api = session.api();
  if (!api) return api.error();
  const auto account = (*api)->get("/account");
  if (!account) return account.error();
  session.terminal().print(session.json() ? pretty(*account) : text_at(*account, "email"));
  return 0;
}

Outcome token(Session& session) {
  const auto server = session.server();
  if (!server) return server.error();
  const auto key = session.token_for(*server);
  if (!key) return key.error();
  session.terminal().print(*key);
  return 0;
}

}  // namespace

std::vector<Command> auth_commands() {
  return {
      {.name = "login",
       .aliases = {"auth:login"},
       .topic = "auth",
       .usage = {},
       .summary = "log in with e-mail and password; git is told to use the key",
       .examples = {"login --url https://paas.example.com",
                    "login --email me@example.com --password-stdin < password.txt"},
       .scope = Scope::server,
       .declare = [](Arguments& arguments) -> Run {
         auto options = std::make_shared<LoginOptions>();
         arguments.option("--email", "EMAIL", options->email,
                          "who you are; asked for when left out");
         arguments.flag("--password-stdin", options->password_stdin,
                        "read the password from standard input");
         return [options](Session& session) { return login(session, *options); };
       }},
      {.name = "logout",
       .aliases = {"auth:logout"},
       .topic = "auth",
       .usage = {},
       .summary = "forget the key, here and at the server",
       .examples = {},
       .scope = Scope::server,
       .declare = [](Arguments&) -> Run { return logout; }},
      {.name = "auth:whoami",
       .aliases = {"whoami"},
       .topic = "auth",
       .usage = {},
       .summary = "print whose key is used",
       .examples = {},
       .scope = Scope::server,
       .output = Output::text_or_json,
       .declare = [](Arguments&) -> Run { return whoami; }},
      {.name = "auth:token",
       .aliases = {},
       .topic = "auth",
       .usage = {},
       .summary = "print the key, for scripts",
       .examples = {},
       .scope = Scope::server,
       .declare = [](Arguments&) -> Run { return token; }},
  };
}

}  // namespace davit::cli
