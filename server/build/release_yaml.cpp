#include "server/build/release_yaml.hpp"

#include <yaml-cpp/yaml.h>

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "server/build/limits.hpp"

namespace davit::build {
namespace {

Result<> read_types(const YAML::Node& node, ProcessTypes& types) {
  if (!node || node.IsNull()) return {};
  if (!node.IsMap()) {
    return fail(Errc::invalid_argument, "bin/release: default_process_types is no map");
  }
  for (const auto& entry : node) {
    const auto name = entry.first.as<std::string>();
    if (!ProcessType::parse(name)) {
      return fail(Errc::invalid_argument, "bin/release: \"{}\" is no process type",
                  printable(name, 80));
    }
    if (entry.second.IsNull()) continue;
    const auto command = entry.second.as<std::string>();
    if (to_valid_utf8(command) != command || command.find('\0') != std::string::npos) {
      return fail(Errc::invalid_argument, "bin/release: the command of \"{}\" is not UTF-8", name);
    }
    if (!command.empty()) types[name] = command;
  }
  if (types.size() > limits::procfile_types_max) {
    return fail(Errc::limit_exceeded, "bin/release: more than {} process types",
                limits::procfile_types_max);
  }
  return {};
}

Result<> read_config_vars(const YAML::Node& node, std::map<std::string, std::string>& vars) {
  if (!node || node.IsNull()) return {};
  if (!node.IsMap()) return fail(Errc::invalid_argument, "bin/release: config_vars is no map");
  for (const auto& entry : node) {
    const auto name = entry.first.as<std::string>();
    if (!ConfigKey::parse(name)) {
      return fail(Errc::invalid_argument, "bin/release: \"{}\" is no variable name",
                  printable(name, 80));
    }
    vars[name] = entry.second.IsNull() ? std::string() : entry.second.as<std::string>();
  }
  return {};
}

}  // namespace

Result<ReleaseInfo> parse_release_yaml(std::string_view text) {
  if (text.size() > limits::release_yaml_bytes_max) {
    return fail(Errc::too_large, "bin/release printed more than {} bytes",
                limits::release_yaml_bytes_max);
  }
  ReleaseInfo info;
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (!root || root.IsNull()) return info;
    if (!root.IsMap()) return fail(Errc::invalid_argument, "bin/release printed no YAML map");
    DAVIT_TRY(read_types(root["default_process_types"], info.default_process_types));
    DAVIT_TRY(read_config_vars(root["config_vars"], info.config_vars));
    const YAML::Node addons = root["addons"];
    info.has_addons = addons && addons.IsSequence() && addons.size() > 0;
  } catch (const YAML::Exception& error) {
    // yaml-cpp knows no other way to say it.
    return fail(Errc::invalid_argument, "bin/release printed invalid YAML: {}", error.what());
  }
  return info;
}

std::string config_vars_script(const std::map<std::string, std::string>& vars) {
  std::string script;
  for (const auto& [name, value] : vars) {
    // In double quotes inside ${K:-…} bash still expands, on purpose: old packs say PATH:
    // "bin:$PATH".
    std::string quoted;
    for (const char c : value) {
      if (c == '"' || c == '\\' || c == '`' || c == '}') quoted += '\\';
      quoted += c;
    }
    script += name == "PATH" ? fmt::format("export PATH=\"{}\"\n", quoted)
                             : fmt::format("export {0}=\"${{{0}:-{1}}}\"\n", name, quoted);
  }
  return script;
}

}  // namespace davit::build
