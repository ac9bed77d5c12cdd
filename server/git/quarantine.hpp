#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server/git/limits.hpp"

namespace davit::git {

// A pushed pack's place until the push is accepted: `<repository>/objects/quarantine-XXXXXX`, an
// objects directory of its own, which has the repository's objects for bases of thin packs.
// Blocking, one thread at a time: worker threads. The destructor removes what was not migrated.
// Must outlive nobody: the repository is only a path to it.
class Quarantine {
 public:
  // stop: set it to end a long index() soon (cancelled). It outlives the quarantine.
  static Result<std::unique_ptr<Quarantine>> create(const std::string& repository,
                                                    const PushLimits& limits,
                                                    const std::atomic<bool>& stop);
  ~Quarantine();

  const std::string& path() const { return path_; }

  // The pack as it comes, then finish. Errors: corrupt, too_large, limit_exceeded, unavailable
  // (disk full), cancelled.
  Result<> append(std::string_view bytes);
  // Verifies the pack, resolves its deltas, writes its index, and makes both durable where they
  // are.
  Result<> finish();

  // Moves the pack into the repository. Only renames and one fsync of a folder: milliseconds.
  Result<> migrate();

  // Leftovers of a davitd that was killed. Only while no push to the repository runs.
  static Result<> remove_stale(const std::string& repository);

 private:
  struct Index;
  Quarantine(std::string repository, std::string path, const PushLimits& limits);
  Result<> check_disk() const;

  const std::string repository_;
  const std::string path_;
  const PushLimits limits_;
  std::unique_ptr<Index> index_;
  std::uint64_t bytes_ = 0;
  std::uint64_t disk_checked_at_ = 0;
};

}  // namespace davit::git
