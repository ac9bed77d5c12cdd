#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

struct CreateOptions {
  std::string name;
  std::string remote = "davit";
  bool no_remote = false;
};

Outcome create(Session& session, const CreateOptions& options) {
  const auto api = session.api();
  if (!api) return api.error();
  Terminal& terminal = session.terminal();
  nlohmann::json body = nlohmann::json::object();
  if (!options.name.empty()) body["name"] = options.name;
  Progress progress(terminal,
                    "Creating " + (options.name.empty() ? "app" : terminal.app(options.name)));
  const auto app = (*api)->post("/apps", body);
  if (!app) return app.error();
  const std::string name = text_at(*app, "name");
  const std::string git_url = text_at(*app, "git_url");
  progress.done("done" + (options.name.empty() ? ", " + terminal.app(name) : std::string()));

  if (session.json()) {
    terminal.print(pretty(*app));
  } else {
    terminal.print(text_at(*app, "web_url") + " | " + git_url);
  }
  if (auto trusted = session.trust_git_server((*api)->server().str(), git_url); !trusted) {
    terminal.warning("git was not told how to log in: " + trusted.error().message);
  }
  if (!options.no_remote && session.git().in_repository()) {
    if (auto set = session.git().set_remote(options.remote, git_url); !set) {
      terminal.warning("The app is there, but its git remote is not: " + set.error().message);
    }
  }
  return 0;
}

Outcome list_apps(Session& session) {
  const auto api = session.api();
  if (!api) return api.error();
  const auto apps = (*api)->list("/apps");
  if (!apps) return apps.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*apps));
    return 0;
  }
  if (apps->empty()) {
    terminal.print("You have no apps.");
    return 0;
  }
  const auto account = (*api)->get("/account");
  if (!account) return account.error();
  const std::string email = text_at(*account, "email");
  terminal.header(email + " Apps");
  terminal.print("");
  Table others;
  bool any_others = false;
  for (const auto& app : *apps) {
    if (text_at(app, "owner.email") == email) {
      terminal.print(one_line(text_at(app, "name")));
    } else {
      others.row({text_at(app, "name"), text_at(app, "owner.email")});
      any_others = true;
    }
  }
  terminal.print("");
  if (any_others) {
    terminal.header("Collaborated Apps");
    terminal.print("");
    others.print(terminal);
    terminal.print("");
  }
  return 0;
}

std::string dyno_counts(const nlohmann::json& formation) {
  std::string text;
  for (const auto& entry : formation) {
    if (number_at(entry, "quantity") == 0) continue;
    text += (text.empty() ? "" : ", ") + text_at(entry, "type") + ": " + text_at(entry, "quantity");
  }
  return text;
}

Outcome info(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto app = at->api.get(at->path);
  if (!app) return app.error();
  const auto formation = at->api.list(at->path + "/formation");
  if (!formation) return formation.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty({{"app", *app}, {"formation", *formation}}));
    return 0;
  }
  terminal.header(text_at(*app, "name"));
  terminal.print("");
  print_fields(
      terminal,
      {{"Dynos", dyno_counts(*formation)},
       {"Git URL", text_at(*app, "git_url")},
       {"Maintenance", true_at(*app, "maintenance") ? "on" : "off"},
       {"Owner", text_at(*app, "owner.email")},
       {"Repo Size", human_bytes(static_cast<std::uint64_t>(number_at(*app, "repo_size")))},
       {"Slug Size", human_bytes(static_cast<std::uint64_t>(number_at(*app, "slug_size")))},
       {"Stack", text_at(*app, "stack.name")},
       {"Created", time_only(text_at(*app, "created_at"))},
       {"Web URL", text_at(*app, "web_url")}});
  return 0;
}

// Typing the app's name is the confirmation, as the tool that people know asks for it.
Result<> confirm_destroy(Session& session, const std::string& name, std::string confirmation) {
  if (confirmation.empty()) {
    session.terminal().warning("This destroys " + name + ": its code, releases, config and logs.");
    auto answer = session.terminal().ask("To go on, type " + name);
    if (!answer) {
      if (answer.error().code == Errc::cancelled) return answer.error();
      return fail(Errc::invalid_argument,
                  "nothing is destroyed without a confirmation: --confirm {}", name);
    }
    confirmation = *answer;
  }
  if (confirmation == name) return {};
  return fail(Errc::invalid_argument, "confirmation '{}' is not '{}'; nothing was destroyed",
              one_line(confirmation), name);
}

struct DestroyOptions {
  std::string app;
  std::string confirm;
};

Outcome destroy(Session& session, const DestroyOptions& options) {
  std::string wanted = options.app;
  if (wanted.empty() && session.options().app.empty() && session.options().remote.empty()) {
    wanted = options.confirm;  // `apps:destroy --confirm blog` names it well enough
  }
  if (wanted.empty()) {
    auto app = session.app();
    if (!app) return app.error();
    wanted = *app;
  }
  const auto api = session.api();
  if (!api) return api.error();
  const auto app = (*api)->get("/apps/" + encode_segment(wanted));
  if (!app) return app.error();
  const std::string name = text_at(*app, "name");
  DAVIT_TRY(confirm_destroy(session, name, options.confirm));
  {
    Progress progress(session.terminal(), "Destroying " + session.terminal().app(name));
    const auto destroyed = (*api)->remove("/apps/" + encode_segment(name));
    if (!destroyed) return destroyed.error();
    progress.done();
  }
  // Its remotes would only point to nothing.
  const std::string git_url = text_at(*app, "git_url");
  const auto remotes = session.git().remotes();
  for (const auto& remote : remotes ? *remotes : std::vector<Git::Remote>{}) {
    if (remote.url == git_url) static_cast<void>(session.git().remove_remote(remote.name));
  }
  return 0;
}

Outcome rename(Session& session, const std::string& new_name) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto before = at->api.get(at->path);
  if (!before) return before.error();
  Progress progress(session.terminal(), "Renaming " + text_at(*before, "name") + " to " + new_name);
  const auto after = at->api.patch(at->path, {{"name", new_name}});
  if (!after) return after.error();
  progress.done();
  const std::string git_url = text_at(*after, "git_url");
  session.terminal().print(text_at(*after, "web_url") + " | " + git_url);
  const auto remotes = session.git().remotes();
  for (const auto& remote : remotes ? *remotes : std::vector<Git::Remote>{}) {
    if (remote.url != text_at(*before, "git_url")) continue;
    if (auto set = session.git().set_remote(remote.name, git_url); !set) {
      session.terminal().warning(set.error().message);
    } else {
      session.terminal().note("Git remote " + remote.name + " updated");
    }
  }
  return 0;
}

Run declare_create(Arguments& arguments) {
  auto options = std::make_shared<CreateOptions>();
  arguments.argument("name", options->name, "a name; random when left out");
  arguments.option("-r,--remote", "REMOTE", options->remote, "the git remote to add (davit)");
  arguments.flag("--no-remote", options->no_remote, "add no git remote");
  return [options](Session& session) { return create(session, *options); };
}

Run declare_destroy(Arguments& arguments) {
  auto options = std::make_shared<DestroyOptions>();
  arguments.argument("app", options->app, "the app's name");
  arguments.option("-c,--confirm", "APP", options->confirm,
                   "the app's name again, instead of typing it");
  return [options](Session& session) { return destroy(session, *options); };
}

}  // namespace

std::vector<Command> app_commands() {
  return {
      {.name = "apps",
       .aliases = {"list", "apps:list"},
       .topic = "apps",
       .usage = {},
       .summary = "list your apps",
       .examples = {},
       .scope = Scope::server,
       .output = Output::text_or_json,
       .declare = [](Arguments&) -> Run { return list_apps; }},
      {.name = "create",
       .aliases = {"apps:create"},
       .topic = "apps",
       .usage = "[NAME]",
       .summary = "create an app and add the git remote 'davit'",
       .examples = {"create", "create blog", "create blog-staging --remote staging"},
       .scope = Scope::server,
       .output = Output::text_or_json,
       .declare = declare_create},
      {.name = "apps:info",
       .aliases = {"info"},
       .topic = "apps",
       .usage = {},
       .summary = "show what is known of an app",
       .examples = {},
       .scope = Scope::app,
       .output = Output::text_or_json,
       .declare = [](Arguments&) -> Run { return info; }},
      {.name = "apps:rename",
       .aliases = {"rename"},
       .topic = "apps",
       .usage = "NEWNAME",
       .summary = "rename an app; its git remotes follow",
       .examples = {"apps:rename shop -a blog"},
       .declare = [](Arguments& arguments) -> Run {
         auto name = std::make_shared<std::string>();
         arguments.argument("newname", *name, "the new name", Need::required);
         return [name](Session& session) { return rename(session, *name); };
       }},
      {.name = "apps:destroy",
       .aliases = {"destroy", "apps:delete"},
       .topic = "apps",
       .usage = "[APP]",
       .summary = "destroy an app for good",
       .examples = {"apps:destroy --confirm blog"},
       .declare = declare_destroy},
  };
}

}  // namespace davit::cli
