#include "server/api/dynos/run_input.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "server/api/limits.hpp"
#include "server/api/shape/json_input.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::api {
namespace {

constexpr const char* default_type = "run";
constexpr const char* default_exec_command = "bash";

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

Result<> check_env(const std::map<std::string, std::string>& env) {
  if (env.size() > limits::run_variables_max) {
    return fail(Errc::invalid_argument, "env: {} variables are more than {}", env.size(),
                limits::run_variables_max);
  }
  std::size_t bytes = 0;
  for (const auto& [name, value] : env) {
    if (!ConfigKey::parse(name)) {
      return fail(Errc::invalid_argument, "env: '{}' cannot be a variable's name",
                  printable(name, 80));
    }
    if (has_nul(value)) return fail(Errc::invalid_argument, "env.{}: holds a NUL byte", name);
    bytes += name.size() + value.size();
  }
  if (bytes <= limits::run_variables_bytes_max) return {};
  return fail(Errc::invalid_argument, "env: {} bytes are more than {}; use config vars", bytes,
              limits::run_variables_bytes_max);
}

Result<> check_command(const std::string& command) {
  if (command.find_first_not_of(" \t\r\n") == std::string::npos) {
    return fail(Errc::invalid_argument, "command: is empty");
  }
  if (has_nul(command)) return fail(Errc::invalid_argument, "command: holds a NUL byte");
  if (command.size() <= limits::run_command_bytes_max) return {};
  return fail(Errc::invalid_argument,
              "command: {} bytes are more than {}; put it into a file of the app", command.size(),
              limits::run_command_bytes_max);
}

// Taken out: programs believe it more than the terminal itself, also when the window has another
// size since.
std::uint16_t take_size(std::map<std::string, std::string>& env, const char* name) {
  std::uint16_t size = 0;
  const auto found = env.extract(name);
  if (!found) return 0;
  const std::string& text = found.mapped();
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

Result<> read_times(const JsonObject& body, RunInput& input) {
  const auto seconds = body.integer("time_to_live");
  if (!seconds) return seconds.error();
  constexpr auto longest = supervisor::limits::one_off_time_max.count();
  const auto wanted = seconds->value_or(longest);
  if (wanted < 1 || wanted > longest) {
    return fail(Errc::invalid_argument, "time_to_live: must be from 1 to {} seconds", longest);
  }
  input.time_limit = std::chrono::seconds(wanted);
  return {};
}

Result<> read_one_off(const JsonObject& body, RunInput& input) {
  const auto attach = body.flag("attach");
  if (!attach) return attach.error();
  input.attach = attach->value_or(false);
  auto type = body.text("type");
  if (!type) return std::move(type).error();
  auto parsed = ProcessType::parse(type->value_or(default_type));
  if (!parsed) return fail(Errc::invalid_argument, "type: {}", parsed.error().message);
  input.type = std::move(*parsed);
  auto size = body.identity("size");
  if (!size) return std::move(size).error();
  input.size = size->value_or("");
  return read_times(body, input);
}

}  // namespace

Result<RunInput> parse_run_input(const nlohmann::json& value, RunKind kind) {
  const auto body = JsonObject::of(value, "");
  if (!body) return body.error();
  RunInput input;
  auto command = body->text("command");
  if (!command) return std::move(command).error();
  if (!*command && kind == RunKind::one_off)
    return fail(Errc::invalid_argument, "command: is missing");
  input.command = command->value_or(default_exec_command);
  DAVIT_TRY(check_command(input.command));
  auto env = body->text_map("env");
  if (!env) return std::move(env).error();
  DAVIT_TRY(check_env(*env));
  input.env = std::move(*env);
  const auto plain = body->flag("force_no_tty");
  if (!plain) return plain.error();
  if (kind == RunKind::one_off) DAVIT_TRY(read_one_off(*body, input));
  if (kind == RunKind::exec) input.attach = true;
  const bool sized = input.env.contains("COLUMNS") && input.env.contains("LINES");
  if (!input.attach || !sized || plain->value_or(false)) return input;
  input.interaction.terminal = true;
  input.interaction.window.columns = take_size(input.env, "COLUMNS");
  input.interaction.window.rows = take_size(input.env, "LINES");
  return input;
}

}  // namespace davit::api
