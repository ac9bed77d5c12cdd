#include <nlohmann/json.hpp>

#include "base/ids.hpp"
#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

Result<nlohmann::json> fetch(const TheApp& at) {
  auto vars = at.api.get(at.path + "/config-vars");
  if (vars && !vars->is_object()) {
    return fail(Errc::corrupt, "the server answered with config vars that are no object");
  }
  return vars;
}

std::string value_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Outcome show_config(Session& session, bool shell) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto vars = fetch(*at);
  if (!vars) return vars.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*vars));
    return 0;
  }
  if (shell) {
    for (const auto& [key, value] : vars->items()) {
      terminal.print(key + "=" + shell_quote(value_text(value)));
    }
    return 0;
  }
  if (vars->empty()) {
    terminal.print(at->name + " has no config vars.");
    return 0;
  }
  terminal.header(at->name + " Config Vars");
  terminal.print("");
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& [key, value] : vars->items()) fields.emplace_back(key, value_text(value));
  print_fields(terminal, fields);
  return 0;
}

Outcome get(Session& session, const std::vector<std::string>& keys, bool shell) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto vars = fetch(*at);
  if (!vars) return vars.error();
  auto picked = nlohmann::json::object();
  for (const std::string& key : keys) {
    const auto found = vars->find(key);
    const std::string value = found == vars->end() ? std::string() : value_text(*found);
    if (session.json()) {
      if (found != vars->end()) picked[key] = value;
    } else {
      session.terminal().print(shell ? key + "=" + shell_quote(value) : value);
    }
  }
  if (session.json()) session.terminal().print(pretty(picked));
  return 0;
}

std::string joined(const std::vector<std::string>& keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text;
}

// Every change is a release; its number is worth telling.
std::string release_made(const TheApp& at) {
  const auto releases = at.api.get(at.path + "/releases", "version ..; order=desc,max=1");
  if (!releases || !releases->is_array() || releases->empty()) return "done";
  return "done, v" + text_at(releases->front(), "version");
}

Outcome change(Session& session, const std::vector<std::string>& keys,
               const nlohmann::json& changes, const char* verb) {
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(), std::string(verb) + " " + joined(keys) +
                                            " and restarting " + session.terminal().app(at->name));
  const auto vars = at->api.patch(at->path + "/config-vars", changes);
  if (!vars) return vars.error();
  progress.done(release_made(*at));
  return 0;
}

Result<> check_key(const std::string& key) {
  if (ConfigKey::parse(key)) return {};
  return fail(
      Errc::invalid_argument,
      "'{}' cannot be a config var's name: letters, digits and _, not starting with a digit",
      one_line(key.substr(0, 100)));
}

Outcome set(Session& session, const std::vector<std::string>& words) {
  auto changes = nlohmann::json::object();
  std::vector<std::string> keys;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      // The word itself is not repeated: it may be a value that lost its quotes.
      return fail(Errc::invalid_argument,
                  "argument {} has no '='; say KEY=VALUE, with quotes around a value with spaces: "
                  "KEY=\"two words\"",
                  &word - words.data() + 1);
    }
    const std::string key = word.substr(0, equals);
    DAVIT_TRY(check_key(key));
    changes[key] = word.substr(equals + 1);
    keys.push_back(key);
  }
  return change(session, keys, changes, "Setting");
}

Outcome unset(Session& session, const std::vector<std::string>& keys) {
  auto changes = nlohmann::json::object();
  for (const std::string& key : keys) {
    DAVIT_TRY(check_key(key));
    changes[key] = nullptr;
  }
  return change(session, keys, changes, "Unsetting");
}

}  // namespace

std::vector<Command> config_commands() {
  return {
      {.name = "config",
       .aliases = {},
       .topic = "config",
       .usage = {},
       .summary = "show the config vars of an app",
       .examples = {"config", "config --shell > .env"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto shell = std::make_shared<bool>(false);
         arguments.flag("-s,--shell", *shell, "as a shell reads it");
         return [shell](Session& session) { return show_config(session, *shell); };
       }},
      {.name = "config:get",
       .aliases = {},
       .topic = "config",
       .usage = "KEY...",
       .summary = "print values of config vars",
       .examples = {"config:get DATABASE_URL"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto keys = std::make_shared<std::vector<std::string>>();
         auto shell = std::make_shared<bool>(false);
         arguments.arguments("key", *keys, "names", Need::required);
         arguments.flag("-s,--shell", *shell, "as a shell reads it");
         return [keys, shell](Session& session) { return get(session, *keys, *shell); };
       }},
      {.name = "config:set",
       .aliases = {"config:add"},
       .topic = "config",
       .usage = "KEY=VALUE...",
       .summary = "set config vars: a new release, and a restart",
       .examples = {"config:set A=1 B=\"two words\""},
       .declare = [](Arguments& arguments) -> Run {
         auto words = std::make_shared<std::vector<std::string>>();
         arguments.arguments("key=value", *words, "what to set", Need::required);
         return [words](Session& session) { return set(session, *words); };
       }},
      {.name = "config:unset",
       .aliases = {"config:remove"},
       .topic = "config",
       .usage = "KEY...",
       .summary = "remove config vars: a new release, and a restart",
       .examples = {"config:unset A B"},
       .declare = [](Arguments& arguments) -> Run {
         auto keys = std::make_shared<std::vector<std::string>>();
         arguments.arguments("key", *keys, "names", Need::required);
         return [keys](Session& session) { return unset(session, *keys); };
       }},
  };
}

}  // namespace davit::cli
