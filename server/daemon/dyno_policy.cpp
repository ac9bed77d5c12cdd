#include "server/daemon/dyno_policy.hpp"

#include <algorithm>

namespace davit {
namespace {

supervisor::DynoSize complete(const std::string& name, const config::SizeSection& section,
                              supervisor::DynoSize size) {
  size.name = name;
  size.memory_bytes = section.memory_bytes.value_or(size.memory_bytes);
  size.cpu_weight = section.cpu_weight.value_or(size.cpu_weight);
  size.cpu_max_percent = section.cpu_max_percent.value_or(size.cpu_max_percent);
  size.processes = section.processes.value_or(size.processes);
  size.disk_bytes = section.disk_bytes.value_or(size.disk_bytes);
  return size;
}

}  // namespace

Result<supervisor::DynoPolicy> make_dyno_policy(const Options& options,
                                                std::uint64_t memory_bytes) {
  const auto bundled = supervisor::SizeCatalog::defaults(memory_bytes);
  std::vector<supervisor::DynoSize> custom;
  for (const auto& [name, section] : options.sizes) {
    custom.push_back(complete(name, section, bundled.or_standard(name)));
  }
  auto sizes = supervisor::SizeCatalog::make(memory_bytes, std::move(custom));
  if (!sizes) return std::move(sizes).error();
  supervisor::DynoPolicy policy;
  policy.sizes = std::move(*sizes);
  policy.timeouts.boot = options.boot_timeout;
  policy.timeouts.stop_grace = options.dynos.stop_grace.value_or(policy.timeouts.stop_grace);
  policy.cycle = options.dynos.cycle;
  policy.sleep_stop_after = options.dynos.sleep_stop_after.value_or(policy.sleep_stop_after);
  auto& pace = policy.autoscale;
  pace.up_after = options.dynos.scale_up_after.value_or(pace.up_after);
  pace.down_after = options.dynos.scale_down_after.value_or(pace.down_after);
  pace.apart = std::min(pace.apart, 2 * pace.up_after);
  return policy;
}

}  // namespace davit
