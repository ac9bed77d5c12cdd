#include "router/memory_bound.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/files.hpp"

namespace davit::router {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t number_bytes_max = 64;

// "max" is no number; neither is what cannot be read.
std::uint64_t limit_in(const std::string& file) {
  const auto text = read_file(file, number_bytes_max);
  std::uint64_t limit = no_limit;
  if (text) std::from_chars(text->data(), text->data() + text->size(), limit);
  return limit;
}

bool has_memory(const CgroupMount& mount) {
  return mount.v2 || std::ranges::find(mount.controllers, "memory") != mount.controllers.end();
}

}  // namespace

std::uint64_t cgroup_memory_max(const std::vector<CgroupMount>& mounts) {
  std::uint64_t least = no_limit;
  for (const CgroupMount& mount : mounts) {
    if (!has_memory(mount)) continue;
    const char* const name = mount.v2 ? "/memory.max" : "/memory.limit_in_bytes";
    std::string group = mount.own;
    for (;;) {
      least = std::min(least, limit_in(group + name));
      if (group.size() <= mount.top.size()) break;
      group.resize(group.rfind('/'));
    }
  }
  return least;
}

}  // namespace davit::router
