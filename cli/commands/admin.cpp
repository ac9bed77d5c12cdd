#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

Outcome list_users(Session& session) {
  const auto api = session.api();
  if (!api) return api.error();
  const auto users = (*api)->list("/davit/users");
  if (!users) return users.error();
  if (session.json()) {
    session.terminal().print(pretty(*users));
    return 0;
  }
  Table table({"E-mail", "Role", "Since"});
  for (const auto& user : *users) {
    table.row({text_at(user, "email"), true_at(user, "admin") ? "admin" : "user",
               time_only(text_at(user, "created_at"))});
  }
  table.print(session.terminal());
  return 0;
}

Outcome add(Session& session, const std::string& email) {
  const auto api = session.api();
  if (!api) return api.error();
  Terminal& terminal = session.terminal();
  Progress progress(terminal, "Adding " + one_line(email));
  const auto user = (*api)->post("/davit/users", {{"email", email}});
  if (!user) return user.error();
  progress.done();
  if (session.json()) {
    terminal.print(pretty(*user));
    return 0;
  }
  // The server tells the password once, here.
  const std::string password = text_at(*user, "password");
  if (!password.empty()) {
    terminal.print("Password: " + one_line(password));
    const std::string key = text_at(*user, "api_key");
    if (!key.empty()) terminal.print("API key:  " + one_line(key));
    terminal.note("Hand it over safely; nobody can read it again. They log in with:");
    terminal.note("  davit login --url " + (*api)->server().str() + " --email " +
                  shell_quote(email));
  }
  return 0;
}

Outcome remove(Session& session, const std::string& email) {
  const auto api = session.api();
  if (!api) return api.error();
  Progress progress(session.terminal(), "Removing " + one_line(email));
  const auto removed = (*api)->remove("/davit/users/" + encode_segment(email));
  if (!removed) return removed.error();
  progress.done();
  return 0;
}

Run declare_email(Arguments& arguments, Outcome (*act)(Session&, const std::string&)) {
  auto email = std::make_shared<std::string>();
  arguments.argument("email", *email, "the user's e-mail address", Need::required);
  return [email, act](Session& session) { return act(session, *email); };
}

}  // namespace

std::vector<Command> admin_commands() {
  return {
      {.name = "admin users",
       .aliases = {},
       .topic = "admin",
       .usage = {},
       .summary = "list the users of the server",
       .examples = {},
       .scope = Scope::server,
       .output = Output::text_or_json,
       .declare = [](Arguments&) -> Run { return list_users; }},
      {.name = "admin users:add",
       .aliases = {},
       .topic = "admin",
       .usage = "EMAIL",
       .summary = "add a user; prints the first password",
       .examples = {"admin users:add ann@example.com"},
       .scope = Scope::server,
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) { return declare_email(arguments, add); }},
      {.name = "admin users:remove",
       .aliases = {},
       .topic = "admin",
       .usage = "EMAIL",
       .summary = "remove a user",
       .examples = {},
       .scope = Scope::server,
       .declare = [](Arguments& arguments) { return declare_email(arguments, remove); }},
  };
}

}  // namespace davit::cli
