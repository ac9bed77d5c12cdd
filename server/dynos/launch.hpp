#pragma once
#include <string>

#include "base/process.hpp"
#include "server/dynos/dyno_process.hpp"

namespace davit::dynos {

// Starts davit-dyno and waits (at most 10 s) until its control socket listens. On any failure, and
// when cancelled, the launcher is killed and reaped, and its socket and scratch are removed. io
// thread.
Task<Result<Process>> start_launcher(LauncherConfig config, dyno::Level level, dyno::Spec spec);

// Kills, reaps and cleans up after a launcher. Blocks for the milliseconds that takes.
void discard_launcher(Process& process, const LauncherConfig& config, const dyno::Spec& spec);

}  // namespace davit::dynos
