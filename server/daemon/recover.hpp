#pragma once
#include "server/paths.hpp"
#include "server/store_thread.hpp"

namespace davit {

// What a davitd that was killed in the middle left undone; blocking, at start, before the store has its thread.
// Builds that were running are failed, and a ref that moved without its release (the crash came between the two) is
// put back to the last commit that was released, so that the next push is not told "up to date".
void recover_builds(store::Stores& stores, const Paths& paths, WallTime now);

}  // namespace davit
