#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/output_sink.hpp"
#include "base/result.hpp"
#include "server/supervisor/run_request.hpp"
#include "store/records.hpp"

namespace davit::supervisor {

enum class DynoState {
  starting,
  up,
  idle,  // asleep: the next request wakes it
  crashed,
  stopping,
  down,  // stopped by its owner
};
std::string_view to_string(DynoState state);

struct DynoView {
  DynoId id;
  DynoName name;
  ReleaseId release;
  std::uint32_t release_version = 0;
  std::string command;
  std::string size;
  DynoState state = DynoState::starting;
  WallTime since;  // of this state
  WallTime created_at;
  std::string reason;  // why it is in this state, where that is not plain: "exited with status 1"
  std::uint32_t crashes = 0;         // in a row, of a crashed one
  std::optional<WallTime> retry_at;  // when a crashed one starts again
  bool over_memory = false;          // R14: more than its size allows
  bool frozen = false;               // idle with its processes kept; else they were stopped
};

// How the dynos of a release fare at its start.
enum class Boot { up, crashed, pending };
struct BootView {
  Boot state = Boot::pending;
  std::string reason;  // why one of them crashed
};

// How a dyno ended.
struct Ending {
  bool crashed = false;  // not by our own wish
  bool was_up = false;
  bool completed = false;  // the command ended by itself
  std::string reason;      // "exited with status 1"; "" after a wanted stop
  int code = 0;            // exit code, or 128 + signal
  std::chrono::milliseconds ran{0};
};

struct OneOffRequest {
  store::App app;
  store::Release release;  // has a slug
  DynoName name;           // of one_off_name(); its type's formation entry decides the size
  std::string command;
  std::chrono::milliseconds time_limit{0};  // 0: none
};

// Makes the dynos that run follow the desired state in the store. io thread only.
class Supervisor {
 public:
  virtual ~Supervisor() = default;
  // The app's desired state (release, formation, existence) changed in the store: look again.
  // Returns at once.
  virtual void changed(const AppId& app) = 0;
  // Every dyno of the app, by name.
  virtual std::vector<DynoView> dynos(const AppId& app) const = 0;
  // Restarts one dyno, one process type, or all when both are empty: new beside old, then the
  // switch. Durable when it returns; it does not wait for the dynos.
  virtual Task<Result<>> restart(AppId app, std::string type_or_name) = 0;
  // Stops one dyno for good (one-off) or until the next restart, release or scaling (formation).
  // Durable likewise.
  virtual Task<Result<>> stop(AppId app, std::string type_or_name) = 0;
  // Every dyno of the app is stopped and released when it returns. For destroying an app.
  virtual Task<> stop_all(AppId app) = 0;
  // Returns when the release's dynos are up or one of them crashed, at the latest when a boot that
  // began now has timed out and ended (pending).
  virtual Task<BootView> wait_for_boot(AppId app, ReleaseId release) = 0;

  // Starts a pending release's web dynos beside the current ones, as many as the type's surge
  // allows, and waits until they are up, start checks included. The error is the reason of the
  // first that failed. They serve nobody and stay until end_trial(): between the two the caller
  // makes the release the current one, or does not. Cancellable.
  virtual Task<Result<>> try_release(AppId app, store::Release release) = 0;
  virtual void end_trial(const AppId& app) = 0;

  // A name for a one-off that no other of the app has now: "release.4711".
  virtual DynoName one_off_name(const AppId& app, const ProcessType& type) = 0;
  // Runs a command once in a dyno of its own. Output goes to the log and, raw, to `output`. A
  // command that fails is no error: see the code. Cancellable: then it is dead, and nothing of it
  // is left, when the exception comes out.
  virtual Task<Ending> run_once(OneOffRequest request, OutputSink& output) = 0;

  // Starts a detached one-off, durably: it outlives this process. An attached one waits for
  // attach() and is R13 when nobody comes in time. limit_exceeded.
  virtual Task<Result<DynoView>> run(RunRequest request) = 0;
  // Launches an attached one-off and carries its input and output; returns at its end. A client
  // that goes, or is silent for an hour, leaves it with SIGHUP. not_found: nothing waits under this
  // id. Cancellable: then it is stopped.
  virtual Task<Result<>> attach(DynoId id, RunClient& client) = 0;
  // Runs another command inside a dyno that is running; returns at its end, as attach(). What keeps
  // it from being started is told to the client.
  virtual Task<> exec(DynoId id, ExecRequest request, RunClient& client) = 0;
};

}  // namespace davit::supervisor
