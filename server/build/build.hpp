#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/output_sink.hpp"
#include "dyno/protocol/network.hpp"
#include "server/app_json/app_json.hpp"
#include "server/build/build_limits.hpp"
#include "server/runtimes/runtime.hpp"

namespace boost::asio {
class thread_pool;
}
namespace davit::dynos {
class Launcher;
}

namespace davit::runtimes {
class Runtimes;
}

namespace davit::sources {
class Sources;
}

namespace davit::build {

struct BuildConfig {
  std::function<dyno::Network()> network = [] {
    return dyno::Network();
  };                                // of one more build step
  std::string work_dir;             // <data>/builds: build trees; same file system as slugs
  std::string slugs_dir;            // <data>/slugs
  std::string cache_dir;            // <data>/cache/<app id>
  std::string runtimes_dir;         // <data>/runtimes
  std::string buildpacks_dir;       // the bundled packs, in detection order of their `order` file
  std::string stack = "heroku-22";  // what packs choose prebuilt binaries by: stack_of()
  std::map<std::string, std::string>
      environment;  // the admin's [build.env]: CA files, proxies, mirrors
  // Bytes on disk, uncompressed. The vendor's 500 MB are compressed; a slug of ours is used as it
  // lies there.
  std::uint64_t slug_warn_bytes = 300ull * 1024 * 1024;
  std::uint64_t slug_bytes_max = 500ull * 1024 * 1024;
  std::uint64_t cache_bytes_max = 2048ull * 1024 * 1024;      // a larger cache is not kept
  std::uint64_t cache_budget_bytes = 10240ull * 1024 * 1024;  // of all apps' caches together
  std::uint64_t disk_reserve_bytes = 512ull * 1024 * 1024;  // builds leave so much of the disk free
  BuildLimits limits;
};

struct BuildRequest {
  BuildId id;
  AppId app;
  AppName name;
  CommitId commit;
  std::string repository;
  std::string quarantine;                     // see git::DeployRequest
  std::uint64_t disk_reserve_bytes = 0;       // left free by what is laid out; set by the builder
  std::string archive{};                      // a tarball instead of a commit; absolute
  std::string version{};                      // SOURCE_VERSION; empty: the commit
  std::vector<std::string> buildpacks{};      // of this build alone
  std::vector<std::string> app_buildpacks{};  // that the app's owner has set
  app_json::Deploy deploy = app_json::Deploy::later;
  std::map<std::string, std::string> config;  // config vars, for ENV_DIR
  std::optional<std::uint32_t> uid;           // the app's, when davitd is root
  // What the app's last release ran with, by language: who asks for nothing stays on it.
  std::map<std::string, runtimes::Version> last_runtimes;
  std::optional<SlugId> last_slug;  // of the app's last release: what is the same is shared
  bool pushed() const { return archive.empty(); }  // somebody's git waits for it
  // What the packs' bin/report print is added to it, also when the build fails. Outlives the build.
  std::string* report = nullptr;
};

struct Slug {
  SlugId id;
  std::string path;  // <slugs>/<id>, immutable from now on
  std::uint64_t bytes = 0;
  std::map<std::string, std::string>
      processes;          // type -> command, pack defaults overridden by the Procfile
  std::string buildpack;  // "Node.js", as its bin/detect says
  std::vector<runtimes::Runtime> runtimes;  // one of a language; what it runs with
  app_json::AppJson app_json{};
  std::map<std::string, std::string> config_added{};  // that app.json gives the app
};

// io thread only; disk work runs on `pool`. All references outlive it.
class Builder {
 public:
  virtual ~Builder() = default;
  // The vendor's lines and the packs' bytes go to `output`, failures too ("-----> App not
  // compatible…", " !     Push rejected, failed to compile Node.js app."); to who pushed nothing,
  // of a build. On error and on cancellation: no slug, the cache as before, no file and no process
  // left.
  virtual Task<Result<Slug>> build(BuildRequest request, OutputSink& output) = 0;
  // Removes what an earlier davitd left in work_dir. Blocking; at start.
  virtual void clean_leftovers() = 0;
  // `folder` of work_dir is one of a build that goes on. io thread only.
  virtual bool works_in(const std::string& folder) const = 0;
  virtual Result<> remove_slug(const SlugId& id) = 0;   // blocking
  virtual Result<> remove_cache(const AppId& app) = 0;  // blocking
};

std::unique_ptr<Builder> make_builder(dynos::Launcher& launcher, asio::thread_pool& pool,
                                      runtimes::Runtimes& runtimes, sources::Sources& sources,
                                      BuildConfig config);

}  // namespace davit::build
