#pragma once
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "dyno/sandbox.hpp"

namespace davit::dyno {

// The processes of a dyno, as folders of a /proc: the host's, or the dyno's own.
struct ProcessList {
  UniqueFd proc;
  std::vector<std::string> pids;
};

// By the cheapest way that the host and the level have. Some may be gone by the time one looks.
ProcessList list_processes(const Sandbox& sandbox);

// Files that are open but have no name any more: no walk over folders finds what they take.
struct NamelessFiles {
  std::uint64_t disk_bytes = 0;
  std::uint64_t memory_bytes = 0;  // memfd and the like
};
NamelessFiles nameless_files(const ProcessList& processes);

struct ProcessTotals {
  std::uint64_t memory_bytes = 0;  // anonymous; shared copies count in each process
  std::uint64_t cpu_micros = 0;
  std::uint64_t threads = 0;
};
ProcessTotals add_up(const ProcessList& processes);

// Anonymous and shared memory, shared copies once. Takes milliseconds for a large process.
std::uint64_t exact_memory(const ProcessList& processes);

}  // namespace davit::dyno
