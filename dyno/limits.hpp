#pragma once
#include <chrono>
#include <cstddef>

// Limits of davit-dyno alone.
namespace davit::dyno::limits {

using namespace std::chrono_literals;

// The spec on standard input: config vars (64 KB) and command lines, far below this even when
// escaped.
inline constexpr std::size_t spec_bytes_max = 4 * 1024 * 1024;
// Commands of davitd are below 100 bytes, but for exec: a command line and variables as one writes
// them by hand. One packet to init, which the kernel takes up to some 200 kB.
inline constexpr std::size_t command_bytes_max = 96 * 1024;
// Commands inside a dyno beside its own; each is a person at a terminal.
inline constexpr std::size_t sessions_max = 16;
// Between SIGHUP to a command whose caller is gone and SIGKILL: it may save what it has.
inline constexpr auto hang_up_grace = 10s;
inline constexpr auto kill_again = 1s;
// davitd holds one connection; a few more while it is replaced or an admin looks.
inline constexpr std::size_t connections_max = 8;
// One output frame: large enough to be cheap, small enough that a slow reader costs little memory.
inline constexpr std::size_t output_frame_bytes = 32 * 1024;
// A dyno whose owner does not come after its start is killed.
inline constexpr auto owner_wait = 10s;
// Between two looks at the host's listening sockets.
inline constexpr auto listen_poll_min = 10ms;
inline constexpr auto listen_poll_max = 200ms;
// Sockets of the dyno's namespace kept ready: a burst of new connections waits for init once.
inline constexpr std::size_t socket_stock = 16;
// Routers at a dyno's door: one for each of their threads, twice during an upgrade.
inline constexpr std::size_t door_clients_max = 64;
// Of one router: connections that are being made or handed over. More wait in the socket.
inline constexpr std::size_t door_requests_max = 256;
// Below the router's own 5 s, so that it hears from us why.
inline constexpr auto door_connect_timeout = 4500ms;
// It sets up addresses and routes: some 50 ms; a busy machine takes longer.
inline constexpr auto pasta_start_timeout = 10s;
// The sandbox is made within milliseconds; copying a large slug where overlay is refused takes
// longer.
inline constexpr auto probe_timeout = 10s;

// Between two numbers for the charts; the series in davitd have this step.
inline constexpr auto usage_interval = 10s;

// The writable layer: how often it is measured at most, and how much of one CPU that may take
// (1/20).
inline constexpr auto disk_pause_min = 1s;
inline constexpr int disk_pause_factor = 20;
// One slice is some milliseconds: output and commands wait no longer than that.
inline constexpr std::size_t disk_entries_per_slice = 2000;
// An app's own files are some 100,000 (node_modules); a million takes a host's inodes away.
inline constexpr std::size_t disk_entries_max = 1'000'000;
// Descriptors are held per level. No package manager nests so deep.
inline constexpr std::size_t disk_depth_max = 200;
// Files with several names are remembered, 48 bytes each.
inline constexpr std::size_t disk_links_max = 100'000;
// Writing 20 MB takes about 10 ms of CPU. A look is made all the same every 30th time.
inline constexpr std::uint64_t disk_idle_cpu_micros = 10'000;
inline constexpr int disk_idle_looks_max = 30;

// Memory where no cgroup limits it: a bomb fills about 1 GB in this time.
inline constexpr auto memory_pause_min = 500ms;
inline constexpr int memory_pause_factor = 20;
inline constexpr std::size_t processes_looked_at = 20'000;
inline constexpr std::size_t descriptors_looked_at = 20'000;

// A process that the kernel is about to kill for memory is counted within milliseconds of the
// notice.
inline constexpr auto oom_recheck = 10ms;
inline constexpr auto oom_suspicion = 1s;
// A dyno over its quota that swaps is told of hundreds of times a second; looked at so often.
inline constexpr auto slow_recheck = 200ms;
// Less swap than this on the whole host is none.
inline constexpr std::uint64_t swap_left_min = 16 * 1024 * 1024;

// Processes stop within a millisecond, unless one is busy in the kernel.
inline constexpr auto freeze_pause = 5ms;
inline constexpr auto freeze_wait = 5s;

// A group is busy for some 10 ms after its last process; a dyno's end waits no longer than this.
inline constexpr auto cgroup_removal_wait = 2s;
// Between two looks whether everything is gone: the kernel's grace period is about 10 ms, and at
// level C a process may have slipped through a kill.
inline constexpr auto end_pause = 5ms;

// A group of the probe is busy for some 10 ms after its last process (an RCU grace period).
inline constexpr int cgroup_probe_removals = 200;
inline constexpr unsigned cgroup_probe_pause_micros = 1000;

}  // namespace davit::dyno::limits
