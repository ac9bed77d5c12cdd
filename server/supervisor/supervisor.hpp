#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::supervisor {

enum class DynoState {
  starting,
  up,
  idle,      // asleep: the next request wakes it
  crashed,
  stopping,
  down,      // stopped by its owner
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
  WallTime since;      // of this state
  WallTime created_at;
  std::string reason;  // why it is in this state, where that is not plain: "exited with status 1"
  std::uint32_t crashes = 0;          // in a row, of a crashed one
  std::optional<WallTime> retry_at;   // when a crashed one starts again
  bool over_memory = false;           // R14: more than its size allows
};

// Makes the dynos that run follow the desired state in the store. io thread only.
class Supervisor {
 public:
  virtual ~Supervisor() = default;
  // The app's desired state (release, formation, existence) changed in the store: look again. Returns at once.
  virtual void changed(const AppId& app) = 0;
  // Every dyno of the app, by name.
  virtual std::vector<DynoView> dynos(const AppId& app) const = 0;
  // Restarts one dyno, one process type, or all when both are empty: new beside old, then the switch. Durable when it
  // returns; it does not wait for the dynos.
  virtual Task<Result<>> restart(AppId app, std::string type_or_name) = 0;
  // Stops one dyno for good (one-off) or until the next restart, release or scaling (formation). Durable likewise.
  virtual Task<Result<>> stop(AppId app, std::string type_or_name) = 0;
  // Every dyno of the app is stopped and released when it returns. For destroying an app.
  virtual Task<> stop_all(AppId app) = 0;
};

}  // namespace davit::supervisor
