#include "server/inspection/inventory.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "base/files.hpp"
#include "server/inspection/limits.hpp"

namespace davit::inspection {
namespace {

constexpr std::string_view socket_suffix = ".sock";
constexpr std::string_view process_word = "process ";

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
    if (names.size() >= limits::findings_max) break;
    names.push_back(entry.path().filename());
  }
  return names;
}

// From /proc: empty when it is none of ours, or ended meanwhile.
std::string command_line_of(const std::string& pid) {
  auto text = read_file("/proc/" + pid + "/cmdline", limits::command_line_bytes_max);
  return text ? std::move(*text) : std::string();
}

void find_launchers(const Places& places, const std::set<std::string>& with_socket,
                    std::vector<Finding>& found) {
  for (const auto& pid : names_in("/proc")) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string id = dyno_of(command_line_of(pid), places);
    if (id.empty() || with_socket.contains(id)) continue;
    found.push_back({Kind::launcher, id, std::string(process_word) + pid});
  }
}

// "\040" and the like (proc(5)).
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    const bool escape = text[i] == '\\' && text.size() - i >= 4 &&
                        std::from_chars(digits, digits + 3, value, 8).ptr == digits + 3;
    plain += escape ? static_cast<char>(value) : text[i];
    if (escape) i += 3;
  }
  return plain;
}

// The fifth field of a line: where it is mounted.
std::string mount_point(std::string_view line) {
  for (int field = 1; field < 5; ++field) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return {};
    line.remove_prefix(space + 1);
  }
  return unescaped(line.substr(0, line.find(' ')));
}

Result<> end_launcher(const Finding& leftover, const Places& places) {
  const std::string pid = leftover.place.substr(process_word.size());
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, std::atoi(pid.c_str()), 0)));
  // Looked at again through the handle's lifetime: the number may name another process by now.
  if (!process || dyno_of(command_line_of(pid), places) != leftover.id) return {};
  if (::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0) return {};
  return fail_errno(errno, fmt::format("end process {}", pid));
}

}  // namespace

std::string dyno_of(std::string_view command_line, const Places& places) {
  using namespace std::string_view_literals;
  const auto take = [&](std::string_view expected) {
    if (!command_line.starts_with(expected)) return false;
    command_line.remove_prefix(expected.size());
    return true;
  };
  const bool ours =
      take(places.dyno_program) && take("\0--socket\0"sv) && take(places.dyno_sockets) && take("/");
  if (!ours) return {};
  const auto socket = command_line.substr(0, command_line.find('\0'));
  if (!socket.ends_with(socket_suffix)) return {};
  return std::string(socket.substr(0, socket.size() - socket_suffix.size()));
}

std::vector<Finding> mounts_below(const std::vector<std::string>& folders,
                                  std::string_view mountinfo) {
  std::vector<Finding> found;
  while (!mountinfo.empty()) {
    const auto end = std::min(mountinfo.find('\n'), mountinfo.size());
    const std::string point = mount_point(mountinfo.substr(0, end));
    mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
    for (const auto& folder : folders) {
      if (!point.starts_with(folder + "/")) continue;
      const std::string below = point.substr(folder.size() + 1);
      found.push_back({Kind::mount, below.substr(0, below.find('/')), point});
    }
  }
  return found;
}

std::vector<Finding> take_inventory(const Places& places, const dynos::Launcher& launcher) {
  std::vector<Finding> found;
  std::set<std::string> with_socket;
  for (const auto& id : launcher.list()) {
    with_socket.insert(id);
    found.push_back(
        {Kind::dyno, id, fmt::format("{}/{}{}", places.dyno_sockets, id, socket_suffix)});
  }
  find_launchers(places, with_socket, found);
  for (const auto& id : launcher.leftovers())
    found.push_back({Kind::cgroup, id, "cgroup of " + id});
  const auto mounts = read_file("/proc/self/mountinfo", limits::mount_table_bytes_max);
  if (mounts) {
    auto below = mounts_below({places.scratch, places.builds}, *mounts);
    std::ranges::move(below, std::back_inserter(found));
  }
  for (const auto& id : names_in(places.scratch)) {
    found.push_back({Kind::scratch, id, places.scratch + "/" + id});
  }
  for (const auto& id : names_in(places.builds)) {
    found.push_back({Kind::build, id, places.builds + "/" + id});
  }
  if (found.size() > limits::findings_max) found.resize(limits::findings_max);
  return found;
}

Result<> remove(const Finding& leftover, const Places& places, const dynos::Launcher& launcher) {
  switch (leftover.kind) {
    case Kind::launcher:
      DAVIT_TRY(end_launcher(leftover, places));
      launcher.sweep(leftover.id);
      return {};
    case Kind::cgroup: launcher.sweep(leftover.id); return {};
    case Kind::mount:
      if (::umount2(leftover.place.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return {};
      return fail_errno(errno, fmt::format("unmount '{}'", leftover.place));
    case Kind::scratch:
    case Kind::build: return remove_tree(leftover.place);
    case Kind::dyno: break;
  }
  return fail(Errc::invalid_argument, "a dyno is ended through its socket");
}

}  // namespace davit::inspection
