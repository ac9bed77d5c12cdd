#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/run_stream.hpp"
#include "server/supervisor/sizes.hpp"
#include "store/records.hpp"

namespace davit::supervisor {

// `davit run`: a command once, in a dyno of its own with a release's slug and config.
struct RunRequest {
  store::App app;
  store::Release release;  // has a slug
  ProcessType type;
  std::string command;
  std::optional<DynoSize> size;            // nullopt: its type's, or standard
  std::map<std::string, std::string> env;  // on top of the release's; the platform's own stay
  std::chrono::milliseconds time_limit{0};
  DynoId id{};  // chosen by who must know it before the start; empty: a new one
  // Somebody will hold the other end: it is launched when they come. nullopt: detached, output goes
  // to the log.
  std::optional<run_stream::Interaction> interaction;
};

// "worker --fast" runs the Procfile's worker with one argument more; any other command is itself.
std::string expand_process_type(const std::string& command, const store::ProcessTypes& processes);

// `davit ps:exec`: another command inside a dyno that runs.
struct ExecRequest {
  std::string command;
  std::map<std::string, std::string> env;
  run_stream::Interaction interaction;
};

// Who holds the other end of a command: our own tool over HTTP's upgrade. What speaks another
// protocol (the vendor's rendezvous) is another one of these. io thread only; one coroutine at a
// time in each call.
class RunClient {
 public:
  virtual ~RunClient() = default;
  virtual Task<Result<run_stream::ToCommand>>
  receive() = 0;  // an error: the client is gone. Cancellable
  virtual Task<Result<>> send(run_stream::FromCommand message) = 0;
};

}  // namespace davit::supervisor
