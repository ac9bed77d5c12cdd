#pragma once
#include <boost/asio/thread_pool.hpp>
#include <string>

#include "base/async.hpp"
#include "base/ids.hpp"
#include "server/dynos/launch.hpp"

namespace davit::supervisor {

// Removes what a dyno may have left: its cgroups and mounts, and its writable layer. davit-dyno
// does so itself unless it was killed. Failures are logged; the inspection tries again. io thread;
// workers and launcher outlive it.
Task<> remove_scratch(asio::thread_pool& workers, dynos::Launcher& launcher, DynoId id,
                      std::string path);

}  // namespace davit::supervisor
