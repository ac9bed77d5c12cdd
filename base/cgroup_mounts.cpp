#include "base/cgroup_mounts.hpp"

#include <algorithm>
#include <optional>

#include "base/files.hpp"

namespace davit {
namespace {

constexpr std::size_t proc_file_bytes_max = 4 * 1024 * 1024;

std::string_view take(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) parts.emplace_back(take(text, separator));
  return parts;
}

// Spaces, tabs, line ends and backslashes of a path are written as octal numbers there.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      out +=
          static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct Mounted {
  std::string root;  // which group of the hierarchy is at `top`
  std::string top;
  std::string options;
  bool v2 = false;
};

// "36 31 0:33 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory"
std::optional<Mounted> parse_mount(std::string_view line) {
  const auto dash = line.find(" - ");
  if (dash == line.npos) return std::nullopt;
  auto super = line.substr(dash + 3);
  const auto type = take(super, ' ');
  if (type != "cgroup" && type != "cgroup2") return std::nullopt;
  take(super, ' ');
  for (int skipped = 0; skipped < 3; ++skipped) take(line, ' ');
  Mounted mounted;
  mounted.root = unescape(take(line, ' '));
  mounted.top = unescape(take(line, ' '));
  mounted.options = super;
  mounted.v2 = type == "cgroup2";
  return mounted;
}

struct Membership {
  std::vector<std::string> controllers;
  std::string path;
};

// "4:memory:/a/b", "0::/a/b"
std::vector<Membership> parse_memberships(std::string_view text) {
  std::vector<Membership> list;
  while (!text.empty()) {
    auto line = take(text, '\n');
    take(line, ':');
    Membership membership;
    membership.controllers = split(take(line, ':'), ',');
    membership.path = line;
    if (membership.path.starts_with('/')) list.push_back(std::move(membership));
  }
  return list;
}

bool belongs(const Mounted& mounted, const Membership& membership) {
  if (mounted.v2) return membership.controllers.empty();
  if (membership.controllers.empty()) return false;
  const auto options = split(mounted.options, ',');
  return std::find(options.begin(), options.end(), membership.controllers.front()) != options.end();
}

// A container's mount shows a part of the hierarchy; our path is told from the hierarchy's top, or
// from that of our cgroup namespace.
std::string own_folder(const Mounted& mounted, std::string_view path) {
  if (mounted.root != "/") {
    if (!path.starts_with(mounted.root)) return mounted.top;
    path.remove_prefix(mounted.root.size());
    if (!path.empty() && !path.starts_with('/')) return mounted.top;
  }
  if (path.find("/..") != path.npos) return mounted.top;
  while (path.ends_with('/')) path.remove_suffix(1);
  return mounted.top + std::string(path);
}

}  // namespace

std::vector<CgroupMount> parse_cgroup_mounts(std::string_view cgroup, std::string_view mountinfo) {
  const auto memberships = parse_memberships(cgroup);
  std::vector<CgroupMount> out;
  while (!mountinfo.empty()) {
    const auto mounted = parse_mount(take(mountinfo, '\n'));
    if (!mounted) continue;
    for (const auto& membership : memberships) {
      if (!belongs(*mounted, membership)) continue;
      CgroupMount found;
      found.top = mounted->top;
      found.own = own_folder(*mounted, membership.path);
      found.v2 = mounted->v2;
      for (const auto& name : membership.controllers) {
        if (!name.starts_with("name=")) found.controllers.push_back(name);
      }
      const bool known = std::any_of(out.begin(), out.end(), [&](const CgroupMount& other) {
        return other.v2 == found.v2 && other.controllers == found.controllers;
      });
      if (!known && (found.v2 || !found.controllers.empty())) out.push_back(std::move(found));
      break;
    }
  }
  return out;
}

Result<std::vector<CgroupMount>> cgroup_mounts() {
  auto cgroup = read_file("/proc/self/cgroup", proc_file_bytes_max);
  if (!cgroup) return std::move(cgroup).error();
  auto mountinfo = read_file("/proc/self/mountinfo", proc_file_bytes_max);
  if (!mountinfo) return std::move(mountinfo).error();
  return parse_cgroup_mounts(*cgroup, *mountinfo);
}

}  // namespace davit
