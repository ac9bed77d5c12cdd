#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "server/api/limits.hpp"
#include "server/api/urls.hpp"
#include "server/auth/authenticator.hpp"
#include "server/logs/log_service.hpp"
#include "server/release/releases.hpp"
#include "server/store_thread.hpp"
#include "server/supervisor/supervisor.hpp"

namespace davit::api {

// What else happens when an app comes into being. io thread only.
class AppLifecycle {
 public:
  virtual ~AppLifecycle() = default;
  // Makes the app's repository. On error the app is removed from the store again, so leave nothing behind.
  virtual Task<Result<>> created(store::App app) = 0;
};

// One reader of a build's output.
class BuildOutput {
 public:
  virtual ~BuildOutput() = default;
  // The next bytes, as they come; empty once the build has ended and everything was read. Cancellable.
  virtual Task<Result<std::string>> next() = 0;
};

class BuildOutputs {
 public:
  virtual ~BuildOutputs() = default;
  // From the first byte. Errors: not_found (nothing written yet, or no longer kept).
  virtual Result<std::unique_ptr<BuildOutput>> open(const BuildId& build) = 0;
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
  BuildOutputs& build_outputs;
  const Clock& clock;
  Random& random;
};

}  // namespace davit::api
