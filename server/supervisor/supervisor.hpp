#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::supervisor {

enum class DynoState { starting, up, crashed, stopping, down };
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
  std::string reason;  // why it is crashed or stopping; empty otherwise
};

struct FormationView {
  ProcessType type;
  std::string command;
  std::string size;
  std::uint32_t quantity = 0;
};

// How the dynos of a release fare at its start.
enum class Boot { up, crashed, pending };
struct BootView {
  Boot state = Boot::pending;
  std::string reason;  // why one of them crashed
};

// Makes the dynos that run follow the desired state in the store. io thread only.
class Supervisor {
 public:
  virtual ~Supervisor() = default;
  // The app's desired state (release, formation, existence) changed in the store: look again. Returns at once.
  virtual void changed(const AppId& app) = 0;
  // Every dyno of the app, by name.
  virtual std::vector<DynoView> dynos(const AppId& app) const = 0;
  // Restarts one dyno, one process type, or all when both are empty: new beside old, then the switch.
  virtual Task<Result<>> restart(AppId app, std::string type_or_name) = 0;
  // Stops one dyno for good (one-off) or until the next restart (formation).
  virtual Task<Result<>> stop(AppId app, std::string type_or_name) = 0;
  // Every dyno of the app is stopped and released when it returns. For destroying an app.
  virtual Task<> stop_all(AppId app) = 0;
  // Returns when the release's dynos are up or one of them crashed, at the latest when a boot that began now has timed
  // out and ended (pending).
  virtual Task<BootView> wait_for_boot(AppId app, ReleaseId release) = 0;
};

}  // namespace davit::supervisor
