#pragma once
#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "server/supervisor/run_request.hpp"

namespace davit::api {

// What a client asks for when it wants a command to be run. Pure.
struct RunInput {
  std::string command;
  bool attach = false;
  std::map<std::string, std::string> env;
  run_stream::Interaction interaction;  // where it attaches
  ProcessType type;
  std::string size;  // empty: none was named
  std::chrono::milliseconds time_limit{0};
};

enum class RunKind { one_off, exec };

// The body of POST /apps/:app/dynos, or /dynos/:dyno. A terminal is wanted by whoever sends its
// size in COLUMNS and LINES, as the vendor's tool does, unless force_no_tty. Errors:
// invalid_argument, naming the field.
Result<RunInput> parse_run_input(const nlohmann::json& body, RunKind kind);

}  // namespace davit::api
