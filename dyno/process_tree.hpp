#pragma once
#include <sys/types.h>

#include <vector>

namespace davit::dyno {

// Level C has no pid namespace: the dyno is "every descendant of a subreaper", found through /proc.

// All descendants of `root`, itself not included.
std::vector<pid_t> descendants(pid_t root);

void signal_descendants(pid_t root, int number);

// Stops, then kills every descendant, again until none is found that could fork on. `root` is this
// process; the dead are left to be reaped by it.
void kill_descendants(pid_t root);

}  // namespace davit::dyno
