#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/random.hpp"
#include "base/tree_budget.hpp"
#include "server/build/build.hpp"
#include "server/build/build_cache.hpp"
#include "server/build/buildpacks.hpp"
#include "server/build/choose.hpp"
#include "server/build/paths.hpp"
#include "server/build/process_types.hpp"
#include "server/build/release_yaml.hpp"
#include "server/build/scripts.hpp"
#include "server/build/slug.hpp"
#include "server/build/slug_sharing.hpp"
#include "server/build/step.hpp"
#include "server/git/tree_export.hpp"
#include "server/runtimes/runtimes.hpp"
#include "server/sources/sources.hpp"

namespace davit::build {

// What all builds share. Outlives them.
struct BuildServices {
  dynos::Launcher& launcher;
  asio::thread_pool& pool;
  runtimes::Runtimes& runtimes;
  sources::Sources& sources;
  const BuildConfig& config;
  BuildCache& cache;
  const SlugStore& slugs;
  Random& random;
  // What decides on the packs; blocking, on the pool.
  std::function<Result<Selection>(const ChoiceInputs&)> choose = choose_packs;
};

// One build from the commit to the slug. io thread only. Destruction posts the removal of the
// build's folder to the pool: whatever way the build ends, nothing of it stays but the slug and,
// after success, the cache.
class BuildRun {
 public:
  BuildRun(BuildServices services, BuildRequest request, OutputSink& output);
  ~BuildRun();
  BuildRun(const BuildRun&) = delete;
  BuildRun& operator=(const BuildRun&) = delete;

  // The error's text is for the pusher, lines separated by \n; nothing of it was written yet.
  Task<Result<Slug>> perform();
  // What the packs' scripts took of it so far.
  std::chrono::milliseconds scripts_took() const;

 private:
  Task<> say(std::string text);
  Result<BuildLimits> limits_here() const;
  Task<Result<Selection>> prepare();
  Task<Result<>> fetch_packs(Selection& selection);
  Task<Result<>> copy_packs(std::vector<Pack> packs);
  Error judged(const Error& error) const;
  Result<sources::Source> source_of(const git::Submodule& module,
                                    const std::map<std::string, std::string>& urls);
  Task<Result<>> fetch_submodules(std::vector<git::Submodule> modules, std::string root,
                                  std::size_t depth);
  Task<Result<>> run_packs(Selection selection);
  Task<Result<>> detect_any(std::vector<Pack> packs);
  Task<Result<>> detect_set(Pack pack);
  Task<Result<>> compile();
  Task<> report();
  std::string failed_to_compile() const;
  Task<Result<>> choose_runtimes(const Pack& pack);
  Task<Result<std::string>> asked_runtimes(const Pack& pack);
  Task<Result<std::vector<runtimes::Found>>> look_at_distribution(
      std::vector<std::string> languages);
  void use_runtime(const runtimes::Runtime& runtime);
  Task<Result<>> read_release();
  Task<Result<ProcessTypes>> discover_types();
  Task<Result<SlugSize>> measure();
  Result<> commit(const SlugId& slug) const;  // blocking
  // `shared`: of the new slug with the last one. Blocking.
  void keep_cache(const SlugId& slug, const Shared& shared) const;

  PackDirs dirs_of(const Pack& pack) const;
  std::map<std::string, std::string> environment() const;

  BuildServices services_;
  BuildRequest request_;
  OutputSink& output_;
  BuildPaths paths_;
  BuildCache::Lease cache_lease_;
  TreeBudget budget_;  // of what is fetched and copied; one job on the pool at a time
  std::optional<StepRunner> steps_;
  std::vector<Pack> compiled_;  // the last one is being built, or decides the process types
  std::string pack_title_;      // "Node.js": what the last detect said
  ReleaseInfo release_;
  app_json::AppJson app_json_;
  std::map<std::string, std::string> config_added_;
  std::size_t submodules_ = 0;
  std::map<std::string, runtimes::Runtime> runtimes_;  // by language
};

}  // namespace davit::build
