#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/result.hpp"
#include "dyno/protocol/messages.hpp"
#include "dyno/protocol/network_abilities.hpp"
#include "dyno/protocol/spec.hpp"
#include "server/dynos/held_dynos.hpp"
#include "server/dynos/session_link.hpp"

namespace davit::dynos {

// Where davit-dyno is and where its sockets go.
struct LauncherConfig {
  std::string program;                              // absolute path of davit-dyno
  std::string socket_dir;                           // <run>/dynos, mode 0700
  std::optional<dyno::Level> level = std::nullopt;  // nullopt: the best that the probe finds
  std::string stack = {};  // the folder with the dynos' system folders; empty: the host's own
};

// One running davit-dyno, seen from davitd. io thread only; one coroutine at a time in
// next_event(). Destruction closes the connection and nothing else: a formation dyno runs on, an
// owner-bound one is killed.
class DynoProcess {
 public:
  virtual ~DynoProcess() = default;

  virtual const dyno::Status& status() const = 0;  // as of the connection

  // Output from `from` on, then every event. Once.
  virtual Task<Result<>> subscribe(std::uint64_t from) = 0;
  // The next event; unavailable when davit-dyno itself is gone. Cancellable.
  virtual Task<Result<dyno::Event>> next_event() = 0;

  virtual Task<Result<>> ack(std::uint64_t offset) = 0;
  virtual Task<Result<>> stop(std::chrono::milliseconds grace) = 0;
  virtual Task<Result<>> kill() = 0;
  virtual Task<Result<>> release() = 0;
  // Answered by a dyno::Frozen event, which tells false where the host cannot.
  virtual Task<Result<>> freeze() = 0;
  virtual Task<Result<>> thaw() = 0;
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  // Starts davit-dyno in a session of its own, hands it the spec, waits until its socket answers
  // (at most 10 s). The exited launcher is reaped here. Cancellable: then nothing is left running.
  virtual Task<Result<std::unique_ptr<DynoProcess>>> launch(dyno::Spec spec) = 0;
  // Connects to a dyno of an earlier davitd. not_found when its socket is gone or dead (leftovers
  // are removed).
  virtual Task<Result<std::unique_ptr<DynoProcess>>> adopt(std::string id) = 0;
  // The other end of the command of a dyno that was launched with an interaction. Once. Errors as
  // adopt().
  virtual Task<Result<std::unique_ptr<SessionLink>>> attach(std::string id) = 0;
  // Starts another command inside a running dyno. That it could not be started is told by its
  // Ended. A davit-dyno of an older build never answers: the first next() needs a deadline.
  virtual Task<Result<std::unique_ptr<SessionLink>>> exec(std::string id, dyno::Exec what) = 0;
  // Ids of all sockets in socket_dir.
  virtual std::vector<std::string> list() const = 0;
  // Dynos without a socket that have cgroups still: their davit-dyno was killed. Ids.
  virtual std::vector<std::string> leftovers() const = 0;
  // Kills and removes what is in the cgroups of a dyno whose davit-dyno is gone. Any thread; blocks
  // for milliseconds where there is something, 0.2 s at most. No harm to a dyno that cleaned up
  // itself.
  virtual void sweep(const std::string& id) const = 0;
  // What this davitd is at: dynos, build steps, one-offs, trials.
  virtual HeldDynos& held() = 0;
  virtual dyno::Level level() const = 0;  // probed once at start
  // What this host lacks for the best isolation, and how to get it: sentences for `davit doctor`.
  virtual const std::vector<std::string>& missing() const = 0;
  virtual const dyno::Cgroups& cgroups() const = 0;           // below which dynos get theirs
  virtual const dyno::NetworkAbilities& network() const = 0;  // what it can be made of
};

// Probes with `davit-dyno --probe` (blocks for some 100 ms) unless config names a level: then
// nothing is known of the network. executor must outlive it.
Result<std::unique_ptr<Launcher>> make_launcher(asio::any_io_executor executor,
                                                LauncherConfig config);

}  // namespace davit::dynos
