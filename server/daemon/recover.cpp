#include "server/daemon/recover.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "server/git/ref_repair.hpp"

namespace davit {
namespace {

// The commit of the newest build of this ref that was released; empty when there is none.
CommitId released_commit(const store::Stores& stores, const store::Build& interrupted) {
  const auto builds = stores.builds.list(interrupted.app, 1000);
  const auto released = std::ranges::find_if(builds, [&](const store::Build& build) {
    return build.status == store::Status::succeeded && build.ref == interrupted.ref;
  });
  return released == builds.end() ? CommitId() : released->commit;
}

void settle(store::Stores& stores, store::Build build, WallTime now) {
  build.status = store::Status::failed;
  build.failure = "davitd ended while it was built; push again";
  build.updated_at = now;
  const auto updated = stores.builds.update(build);
  if (!updated) log::error("build not failed", {{"error", updated.error().message}});
}

}  // namespace

void recover_builds(store::Stores& stores, const Paths& paths, WallTime now) {
  for (store::Build build : stores.builds.list_unfinished()) {
    log::warning("interrupted build failed", {{"build", build.id.str()}});
    if (build.ref.empty()) {
      settle(stores, std::move(build), now);  // of a tarball: it has no ref
      continue;
    }
    const auto repaired = git::reset_ref(paths.repository(build.app), build.ref, build.commit,
                                         released_commit(stores, build));
    if (!repaired) log::error("ref not repaired", {{"error", repaired.error().message}});
    settle(stores, std::move(build), now);
  }
}

void recover_releases(store::Stores& stores, WallTime now) {
  for (const store::Release& release : stores.releases.list_unfinished()) {
    log::warning("interrupted release failed", {{"release", release.id.str()}});
    const auto failed = stores.releases.set_failed(
        release.id, "davitd ended before it was proved; push again, or make the change again", now);
    if (!failed) log::error("release not failed", {{"error", failed.error().message}});
  }
}

}  // namespace davit
