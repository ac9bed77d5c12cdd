#pragma once
#include "server/paths.hpp"
#include "server/store_thread.hpp"

namespace davit {

// What a davitd that was killed in the middle left undone; blocking, at start, before the store has
// its thread. Builds that were running are failed, and a ref that moved without its release (the
// crash came between the two) is put back to the last commit that was released, so that the next
// push is not told "up to date".
void recover_builds(store::Stores& stores, const Paths& paths, WallTime now);

// Releases that had not proved themselves yet (their release command was running, their dynos were
// being tried) are failed: what they began died with the davitd that began it, and a release
// command never runs twice for one release. The config vars of a config change stay the app's.
void recover_releases(store::Stores& stores, WallTime now);

}  // namespace davit
