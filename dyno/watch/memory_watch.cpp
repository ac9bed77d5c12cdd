#include "dyno/watch/memory_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dyno/limits.hpp"
#include "dyno/watch/process_list.hpp"

namespace davit::dyno {

MemoryWatch::MemoryWatch(const Spec& spec, const Sandbox& sandbox, Time now)
    : spec_(spec), sandbox_(sandbox), due_(now + limits::memory_pause_min) {}

std::optional<Breach> MemoryWatch::look(Time now) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t ceiling = memory_ceiling(spec_.limits.memory_bytes);
  const auto processes = list_processes(sandbox_);
  std::uint64_t bytes = add_up(processes).memory_bytes;
  // The quick sum counts pages of a forking server once for each process: only a suspicion.
  if (bytes > ceiling) bytes = exact_memory(processes);
  if (bytes <= ceiling) bytes += nameless_files(processes).memory_bytes;
  const auto spent = std::chrono::steady_clock::now() - begin;
  due_ =
      now + std::max<Time::duration>(limits::memory_pause_min, spent * limits::memory_pause_factor);
  if (bytes <= ceiling) return std::nullopt;
  return Breach{
      ExitReason::out_of_memory,
      fmt::format("its processes held {} of memory, over {} for a quota of {}", megabytes(bytes),
                  megabytes(ceiling), megabytes(spec_.limits.memory_bytes))};
}

}  // namespace davit::dyno
