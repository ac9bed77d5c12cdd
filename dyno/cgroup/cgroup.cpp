#include "dyno/cgroup/cgroup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/files.hpp"

namespace davit::dyno {
namespace {

// The last dyno of a folder removes it while the next makes its group in it.
constexpr int group_make_attempts = 10;
constexpr int last_removals = 100;
constexpr unsigned removal_pause_micros = 1000;
// A group's files hold some numbers; memory.stat is the largest with about 2 KB.
constexpr std::size_t group_file_bytes_max = 8 * 1024;

std::string read_at(int folder, const char* file) {
  const UniqueFd fd(::openat(folder, file, O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::string text(group_file_bytes_max, '\0');
  const ssize_t count = ::read(fd.get(), text.data(), text.size());
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

bool write_at(int folder, const char* file, std::string_view text) {
  const UniqueFd fd(::openat(folder, file, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool tells(const std::string& events, std::string_view fact) {
  return events.find(fact) != events.npos;
}

// The folder of all dynos, shared out to each: idempotent.
Result<> make_parent(const CgroupParent& parent) {
  if (::mkdir(parent.folder.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail_errno(errno, fmt::format("make cgroup '{}'", parent.folder));
  }
  if (!parent.v2 || parent.controllers.empty()) return {};
  std::string wanted;
  for (const auto& name : parent.controllers) wanted += (wanted.empty() ? "+" : " +") + name;
  const UniqueFd folder(::open(parent.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder && write_at(folder.get(), "cgroup.subtree_control", wanted)) return {};
  if (errno == ENOENT) return {};  // it was removed just now: the caller tries again
  return fail_errno(errno, fmt::format("share {} out of cgroup '{}'", wanted, parent.folder));
}

}  // namespace

Cgroup::~Cgroup() {
  for (int left = last_removals; !remove() && left > 0; --left) ::usleep(removal_pause_micros);
}

Cgroup& Cgroup::operator=(Cgroup&& other) noexcept {
  std::swap(groups_, other.groups_);
  std::swap(events_, other.events_);
  return *this;
}

Result<Cgroup> Cgroup::make(const Spec& spec) {
  Cgroup cgroup;
  for (const auto& parent : spec.cgroups.parents) {
    // Every group costs a tenth of a millisecond; this one says nothing unless a weight is set.
    const bool idle = parent.controllers == std::vector<std::string>{"blkio"} &&
                      spec.limits.cpu_weight == kernel_weight;
    if (!idle) DAVIT_TRY(cgroup.add(parent, spec.id));
  }
  if (const auto* group = cgroup.v2_group()) {
    cgroup.events_.reset(::openat(group->folder.get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
  }
  DAVIT_TRY(write_limits(cgroup, spec.limits));
  return cgroup;
}

Result<> Cgroup::add(const CgroupParent& parent, const std::string& id) {
  Group group;
  group.parent = parent.folder;
  group.path = parent.folder + "/" + id;
  group.controllers = parent.controllers;
  group.v2 = parent.v2;
  for (int attempt = 1;; ++attempt) {
    DAVIT_TRY(make_parent(parent));
    if (::mkdir(group.path.c_str(), 0755) == 0) break;
    const int why = errno;
    const bool again = why == ENOENT || (why == EEXIST && ::rmdir(group.path.c_str()) == 0);
    if (!again || attempt == group_make_attempts) {
      return fail_errno(why, fmt::format("make cgroup '{}'", group.path));
    }
  }
  group.folder.reset(::open(group.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string path = group.path;
  const bool v1 = !group.v2;
  groups_.push_back(std::move(group));
  Group& kept = groups_.back();
  if (v1) kept.tasks.reset(::openat(kept.folder.get(), "tasks", O_WRONLY | O_CLOEXEC));
  if (kept.folder && (kept.v2 || kept.tasks)) return {};
  return fail_errno(errno, fmt::format("open cgroup '{}'", path));
}

const Cgroup::Group* Cgroup::group(std::string_view controller) const {
  for (const auto& group : groups_) {
    const auto& list = group.controllers;
    if (std::find(list.begin(), list.end(), controller) != list.end()) return &group;
  }
  return nullptr;
}

const Cgroup::Group* Cgroup::v2_group() const {
  for (const auto& group : groups_) {
    if (group.v2) return &group;
  }
  return nullptr;
}

bool Cgroup::is_v2(std::string_view controller) const {
  const auto* found = group(controller);
  return found != nullptr && found->v2;
}

int Cgroup::clone_into() const {
  const auto* group = v2_group();
  return group == nullptr ? -1 : group->folder.get();
}

Result<> Cgroup::join() const {
  for (const auto& group : groups_) {
    if (!group.v2 && ::write(group.tasks.get(), "0", 1) != 1) {
      return fail_errno(errno, fmt::format("join cgroup '{}'", group.path));
    }
  }
  return {};
}

Result<> Cgroup::take_in(pid_t pid) const {
  const auto* group = v2_group();
  if (group == nullptr) return {};
  if (write_at(group->folder.get(), "cgroup.procs", std::to_string(pid))) return {};
  return fail_errno(errno, fmt::format("move the dyno into cgroup '{}'", group->path));
}

std::string Cgroup::read(std::string_view controller, const char* file) const {
  const auto* found = group(controller);
  return found == nullptr ? std::string() : read_at(found->folder.get(), file);
}

std::string Cgroup::read_v2(const char* file) const {
  const auto* found = v2_group();
  return found == nullptr ? std::string() : read_at(found->folder.get(), file);
}

UniqueFd Cgroup::open(std::string_view controller, const char* file, int flags) const {
  const auto* found = group(controller);
  if (found == nullptr) return UniqueFd();
  return UniqueFd(::openat(found->folder.get(), file, flags | O_CLOEXEC));
}

bool Cgroup::kill() const {
  const auto* group = v2_group();
  return group != nullptr && write_at(group->folder.get(), "cgroup.kill", "1");
}

bool Cgroup::populated() const { return tells(read_v2("cgroup.events"), "populated 1"); }

bool Cgroup::freeze(bool on) const {
  if (const auto* found = v2_group()) {
    return write_at(found->folder.get(), "cgroup.freeze", on ? "1" : "0");
  }
  const auto* found = group("freezer");
  return found != nullptr &&
         write_at(found->folder.get(), "freezer.state", on ? "FROZEN" : "THAWED");
}

bool Cgroup::frozen() const {
  if (v2_group() == nullptr) return read("freezer", "freezer.state").starts_with("FROZEN");
  // Reading by the watched descriptor is what makes it quiet until the next change.
  char text[256];
  const ssize_t count = ::pread(events_.get(), text, sizeof text, 0);
  return count > 0 && tells({text, static_cast<std::size_t>(count)}, "frozen 1");
}

bool Cgroup::remove() {
  std::erase_if(groups_, [](Group& group) {
    if (::rmdir(group.path.c_str()) != 0 && errno != ENOENT) return false;
    ::rmdir(group.parent.c_str());  // works for the last dyno of the folder
    return true;
  });
  return groups_.empty();
}

}  // namespace davit::dyno
