#include "server/app_json/app_json.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "server/app_json/cron.hpp"
#include "server/app_json/limits.hpp"
#include "server/app_json/reader.hpp"

namespace davit::app_json {
namespace {

using Json = nlohmann::json;

// Before it is parsed: a parser's stack is as deep as what it reads.
bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limits::depth_max) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

Error broken_json(std::string_view text, std::size_t byte, std::string_view why) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  return fail(Errc::invalid_argument, "app.json: line {}, column {}: it is no JSON{}", line,
              std::max<std::size_t>(before.size() - start, 1), why);
}

Result<Json> parse_json(std::string_view text) {
  if (text.size() > limits::bytes_max) {
    return fail(Errc::too_large, "app.json: it is larger than {} KB", limits::bytes_max / 1024);
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (too_deep(text)) {
    return fail(Errc::limit_exceeded, "app.json: it nests more than {} levels deep",
                limits::depth_max);
  }
  try {
    return Result<Json>(boost::system::in_place_value, Json::parse(text));
  } catch (const Json::parse_error& error) {
    return broken_json(text, error.byte, "; a comma too many or too few, or a comment, perhaps");
  }
}

Result<> read_variable(const Reader& env, const std::string& name, Variable& out) {
  const auto* given = env.find(name.c_str());
  if (given == nullptr) return {};  // null: nothing is said of it but that it is wanted
  if (!given->is_object()) {
    auto value = env.value(name.c_str());
    if (!value) return env.wrong(name, "must be a text (its default) or an object");
    out.value = std::move(*value);
  } else {
    auto fields = Reader::of(*given, env.path_of(name));
    if (!fields) return fields.error();
    auto description = fields->text("description");
    if (!description) return description.error();
    out.description = description->value_or("");
    auto value = fields->value("value");
    if (!value) return value.error();
    out.value = std::move(*value);
    auto required = fields->flag("required");
    if (!required) return required.error();
    out.required = required->value_or(true);
    auto generator = fields->text("generator");
    if (!generator) return generator.error();
    if (*generator && **generator != "secret")
      return fields->wrong("generator", "must be \"secret\"");
    out.generated = generator->has_value();
  }
  if (out.value && out.value->size() > limits::value_bytes_max) {
    return env.wrong(name,
                     fmt::format("has a value of more than {} KB", limits::value_bytes_max / 1024));
  }
  return {};
}

Result<> read_env(const Json& json, AppJson& out) {
  const auto env = Reader::of(json, "env");
  if (!env) return env.error();
  if (json.size() > limits::variables_max) {
    return fail(Errc::limit_exceeded, "app.json: env has more than {} variables",
                limits::variables_max);
  }
  for (const auto& [name, value] : json.items()) {
    if (!ConfigKey::parse(name)) {
      return env->wrong(name, "is no variable's name: letters, digits and _, no digit first");
    }
    DAVIT_TRY(read_variable(*env, name, out.env[name]));
  }
  return {};
}

Result<> read_formation(const Json& json, AppJson& out) {
  const auto formation = Reader::of(json, "formation");
  if (!formation) return formation.error();
  if (json.size() > limits::types_max) {
    return fail(Errc::limit_exceeded, "app.json: formation has more than {} types",
                limits::types_max);
  }
  for (const auto& [type, value] : json.items()) {
    if (!ProcessType::parse(type)) return formation->wrong(type, "is no process type's name");
    const auto fields = Reader::of(value, formation->path_of(type));
    if (!fields) return fields.error();
    TypeWish& wish = out.formation[type];
    if (const auto* quantity = fields->find("quantity")) {
      const bool fits =
          quantity->is_number_unsigned() && quantity->get<std::uint64_t>() <= limits::quantity_max;
      if (!fits) {
        return fields->wrong(
            "quantity", fmt::format("must be a whole number from 0 to {}", limits::quantity_max));
      }
      wish.quantity = quantity->get<std::uint32_t>();
    }
    auto size = fields->text("size");
    if (!size) return size.error();
    wish.size = size->value_or("");
  }
  return {};
}

Result<> read_buildpacks(const Json& json, AppJson& out) {
  if (!json.is_array()) {
    return fail(Errc::invalid_argument, "app.json: buildpacks must be a list of objects with url");
  }
  if (json.size() > limits::buildpacks_max) {
    return fail(Errc::limit_exceeded, "app.json: buildpacks are more than {}",
                limits::buildpacks_max);
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto fields = Reader::of(json[i], fmt::format("buildpacks[{}]", i));
    if (!fields) return fields.error();
    auto url = fields->text("url");
    if (!url) return url.error();
    if (!*url || (*url)->empty()) return fields->wrong("url", "is missing");
    out.buildpacks.push_back(std::move(**url));
  }
  return {};
}

// A command, or an object that has one.
Result<> read_scripts(const Json& json, AppJson& out) {
  const auto scripts = Reader::of(json, "scripts");
  if (!scripts) return scripts.error();
  const auto* postdeploy = scripts->find("postdeploy");
  if (postdeploy == nullptr) return {};
  auto command = scripts->text("postdeploy");
  if (postdeploy->is_object()) {
    const auto fields = Reader::of(*postdeploy, "scripts.postdeploy");
    if (!fields) return fields.error();
    command = fields->text("command");
  }
  if (!command) return command.error();
  out.postdeploy = command->value_or("");
  if (out.postdeploy.size() > limits::command_bytes_max) {
    return scripts->wrong("postdeploy", fmt::format("is longer than {} bytes; call a script",
                                                    limits::command_bytes_max));
  }
  return {};
}

}  // namespace

Result<AppJson> AppJson::parse(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return json.error();
  const auto top = Reader::of(*json, "");
  if (!top) return top.error();
  AppJson out;
  using Read = Result<> (*)(const Json&, AppJson&);
  constexpr std::pair<const char*, Read> parts[] = {{"env", read_env},
                                                    {"formation", read_formation},
                                                    {"buildpacks", read_buildpacks},
                                                    {"scripts", read_scripts},
                                                    {"cron", read_cron}};
  for (const auto& [key, read] : parts) {
    if (const auto* part = top->find(key)) DAVIT_TRY(read(*part, out));
  }
  if (const auto* checks = top->find("healthchecks")) out.healthchecks = checks->dump();
  return out;
}

Result<std::map<std::string, std::string>> variables_for(
    const AppJson& app_json, const std::map<std::string, std::string>& config,
    const std::string& app_name, Deploy deploy, Random& random) {
  std::map<std::string, std::string> given;
  std::string list, command;
  for (const auto& [name, variable] : app_json.env) {
    if (config.contains(name)) continue;
    if (!variable.required && deploy == Deploy::later) continue;
    if (variable.value) {
      given[name] = *variable.value;
    } else if (variable.generated) {
      given[name] = hex_encode(random.bytes(32));
    } else if (variable.required) {
      list += fmt::format("  {}{}\n", name,
                          variable.description.empty()
                              ? ""
                              : ": " + printable(to_valid_utf8(variable.description), 200));
      command += " " + name + "=...";
    }
  }
  if (list.empty()) return given;
  return fail(Errc::invalid_argument,
              "app.json asks for config vars that this app does not have:\n{}"
              "Set them, then deploy again:\n  davit config:set{} -a {}",
              list, command, app_name);
}

}  // namespace davit::app_json
