#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::build {

// What apps' builds keep for their next: <folder>/<app id>/, and beside each <app id>.size, whose
// text is its bytes and the slug of the same build, and whose time is its last use. A build works
// on a clone; only a build that succeeds puts it in the place of the old one, by rename. A clone
// never shares inodes with the cache: packs write in place, and a failed build would have changed
// the cache through them. Blocking, any thread; one build per app at a time (its caller's turn).
class BuildCache {
 public:
  BuildCache(std::string folder, std::uint64_t budget)
      : folder_(std::move(folder)), budget_(budget) {}

  // While it lives the app's cache is not evicted.
  class Lease {
   public:
    Lease(BuildCache& cache, AppId app);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    const AppId& app() const { return app_; }

   private:
    BuildCache& cache_;
    const AppId app_;
  };

  // Makes `target` (must not exist): a copy of the app's cache, or an empty folder. A cache that
  // cannot be copied is dropped: a cold build beats none. Errors: cancelled, by `stop`.
  Result<> clone_to(const Lease& lease, const std::string& target, std::optional<std::uint32_t> uid,
                    const std::stop_token& stop = {});

  // There is no cache, or the build that made `slug` has made it.
  bool fits(const Lease& lease, const SlugId& slug) const;

  // Moves the clone (`name` within `parent`, an open folder) into place. The old cache goes to
  // `trash`, which must not exist and is the caller's to remove. Same file system. Nothing happens
  // where the cache was purged meanwhile.
  struct Clone {
    int parent = -1;
    std::string name;
    std::uint64_t bytes = 0;
    SlugId slug;
  };
  Result<> commit(const Lease& lease, const Clone& clone, const std::string& trash);

  // At once, also when a build uses it: that one works on, and leaves no cache behind.
  Result<> remove(const AppId& app);

  // Removes the least recently used caches until the rest is within the budget; never one in use.
  void keep_within_budget();
  // What an earlier davitd was about to remove. At start.
  void clean_leftovers();

 private:
  struct Use {
    int leases = 0;
    bool purged = false;
  };
  std::string path_of(const AppId& app) const { return folder_ + "/" + app.str(); }
  std::string size_file(const AppId& app) const { return path_of(app) + ".size"; }
  bool evict(const AppId& app);
  std::optional<std::string> set_aside(const AppId& app);

  const std::string folder_;
  const std::uint64_t budget_;
  std::mutex mutex_;
  std::map<AppId, Use> in_use_;  // by mutex_
  std::uint64_t set_aside_ = 0;  // by mutex_
};

}  // namespace davit::build
