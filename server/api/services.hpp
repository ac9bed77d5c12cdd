#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "server/api/limits.hpp"
#include "server/api/shape/urls.hpp"
#include "server/auth/authenticator.hpp"
#include "server/cron/scheduler.hpp"
#include "server/logs/log_service.hpp"
#include "server/metrics/metrics.hpp"
#include "server/release/builds.hpp"
#include "server/release/releases.hpp"
#include "server/release/source_builds.hpp"
#include "server/runtimes/runtimes.hpp"
#include "server/sources/sources.hpp"
#include "server/sources/uploads.hpp"
#include "server/store_thread.hpp"
#include "server/supervisor/sizes.hpp"
#include "server/supervisor/supervisor.hpp"

namespace davit::api {

// What else happens when an app comes into being. io thread only.
class AppLifecycle {
 public:
  virtual ~AppLifecycle() = default;
  // Makes the app's repository. On error the app is removed from the store again, so leave nothing
  // behind.
  virtual Task<Result<>> created(store::App app) = 0;
};

// One reader of what a build or a release command prints.
class Output {
 public:
  virtual ~Output() = default;
  // The next bytes, as they come; empty once the work has ended and everything was read.
  // Cancellable.
  virtual Task<Result<std::string>> next() = 0;
};

class Outputs {
 public:
  virtual ~Outputs() = default;
  // By the id of the build or release, from a byte on. `follow`: up to the end of the work; else
  // what is there now. Errors: not_found (nothing written yet, or no longer kept).
  struct From {
    std::uint64_t offset = 0;
    bool follow = true;
  };
  virtual Result<std::unique_ptr<Output>> open(const std::string& id, From from) = 0;
};

// One thing that `davit doctor` looked at.
struct Check {
  std::string name;  // "isolation"
  bool ok = false;
  std::string detail;  // what was found
  std::string fix;     // what to do about it; empty where it is ok
};

struct Diagnosis {
  std::string level;                 // of isolation: "A", "B", "C"
  std::vector<std::string> missing;  // what the levels above would need, and how to get it
  std::vector<Check> checks;
};

// Examines the host and this Davit on it. io thread only.
class Doctor {
 public:
  virtual ~Doctor() = default;
  virtual Task<Diagnosis> examine() = 0;
};

struct Options {
  PlatformUrls urls;
  std::string version;  // of Davit, for /health
  std::uint32_t requests_per_hour = limits::requests_per_hour;
};

// What the API stands on; all of it outlives the Api.
struct Services {
  asio::any_io_executor executor;
  StoreThread& store;
  auth::Authenticator& authenticator;
  supervisor::Supervisor& supervisor;
  release::Releases& releases;
  logs::LogService& logs;
  AppLifecycle& lifecycle;
  Outputs& build_outputs;
  Outputs& release_outputs;
  Doctor& doctor;
  metrics::Metrics& metrics;
  runtimes::Runtimes& runtimes;
  sources::Sources& sources;
  sources::Uploads& uploads;
  release::SourceBuilding& source_builds;
  const supervisor::SizeCatalog& sizes;
  const Clock& clock;
  Random& random;
  release::Builds& builds;
  cron::Scheduler& cron;
};

}  // namespace davit::api
