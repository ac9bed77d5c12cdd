#include "server/daemon/build_settings.hpp"

#include <algorithm>

#include "server/build/stack.hpp"

namespace davit {
namespace {

constexpr std::uint64_t warn_percent = 60;  // of what a slug may have

build::BuildLimits limits_of(const config::BuildSection& chosen, std::uint64_t machine_memory) {
  build::BuildLimits limits;
  limits.memory_bytes = chosen.memory_bytes.value_or(build::default_build_memory(machine_memory));
  limits.cpu_weight = chosen.cpu_weight.value_or(limits.cpu_weight);
  limits.processes = chosen.processes.value_or(limits.processes);
  limits.disk_bytes = chosen.disk_bytes.value_or(limits.disk_bytes);
  limits.time = chosen.time.value_or(limits.time);
  return limits;
}

}  // namespace

build::BuildConfig make_build_config(const Options& options, std::uint64_t machine_memory) {
  build::BuildConfig config;
  config.work_dir = options.paths.builds();
  config.slugs_dir = options.paths.slugs();
  config.cache_dir = options.paths.caches();
  config.runtimes_dir = options.paths.runtimes();
  config.buildpacks_dir = options.buildpacks;
  config.environment = options.build_environment;
  config.stack = build::stack_of(options.dynos.stack.value_or(""));
  const config::BuildSection& chosen = options.build;
  config.limits = limits_of(chosen, machine_memory);
  config.slug_bytes_max = chosen.slug_bytes.value_or(config.slug_bytes_max);
  config.slug_warn_bytes = config.slug_bytes_max / 100 * warn_percent;
  config.cache_budget_bytes = chosen.cache_budget_bytes.value_or(config.cache_budget_bytes);
  config.cache_bytes_max = std::min(config.cache_bytes_max, config.cache_budget_bytes);
  return config;
}

}  // namespace davit
