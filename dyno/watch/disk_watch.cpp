#include "dyno/watch/disk_watch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dyno/limits.hpp"
#include "dyno/sandbox_plan.hpp"
#include "dyno/watch/process_list.hpp"
#include "dyno/watch/usage_meter.hpp"

namespace davit::dyno {

std::string megabytes(std::uint64_t bytes) {
  constexpr std::uint64_t megabyte = 1024 * 1024;
  return fmt::format("{} MB", (bytes + megabyte - 1) / megabyte);
}

namespace {

// What is mounted to be written counts as the writable layer does: a build's tree, cache and /tmp.
std::vector<std::string> written_folders(const Spec& spec) {
  std::vector<std::string> folders{spec.scratch};
  for (const Mount& mount : spec.mounts) {
    if (mount.mode == MountMode::read_write) folders.push_back(mount.source);
  }
  return folders;
}

}  // namespace

DiskWatch::DiskWatch(const Spec& spec, const Sandbox& sandbox, Time now)
    : spec_(spec), sandbox_(sandbox), due_(now + limits::disk_pause_min) {}

// A dyno that used no CPU wrote nothing worth a walk.
bool DiskWatch::idle() {
  const auto cpu = cpu_micros(sandbox_.cgroup());
  if (!cpu) return false;
  const bool little = *cpu - cpu_micros_ < limits::disk_idle_cpu_micros;
  if (little && ++idle_looks_ < limits::disk_idle_looks_max) return true;
  cpu_micros_ = *cpu;
  idle_looks_ = 0;
  return false;
}

// Once: where mounts are refused a slug is copied into scratch, which is not the app's doing.
void DiskWatch::measure_copies() {
  copied_ = 0;
  for (std::size_t i = 0; i < spec_.mounts.size(); ++i) {
    const Mount& mount = spec_.mounts[i];
    const bool copied = mount.mode == MountMode::overlay &&
                        (sandbox_.level() == Level::c ||
                         ::access((layer_path(spec_, i) + "/copy").c_str(), F_OK) == 0);
    if (!copied) continue;
    DiskWalk walk(mount.source);
    while (!walk.step(limits::disk_entries_per_slice)) {
    }
    *copied_ += walk.bytes();
  }
}

std::optional<Breach> DiskWatch::look(Time now) {
  if (!walk_) {
    if (idle()) {
      due_ = now + limits::disk_pause_min;
      return std::nullopt;
    }
    if (!copied_) measure_copies();
    walk_.emplace(written_folders(spec_));
    spent_ = {};
  }
  const auto begin = std::chrono::steady_clock::now();
  const bool done = walk_->step(limits::disk_entries_per_slice);
  std::optional<Breach> breach;
  if (done) breach = judge();
  spent_ += std::chrono::steady_clock::now() - begin;
  if (done) {
    walk_.reset();
    const auto pause = std::max<std::chrono::nanoseconds>(limits::disk_pause_min,
                                                          spent_ * limits::disk_pause_factor);
    due_ = now + std::chrono::duration_cast<Time::duration>(pause);
  }
  return breach;
}

std::optional<Breach> DiskWatch::judge() {
  NamelessFiles nameless;
  if (spec_.limits.disk_bytes != 0) {
    nameless = nameless_files(list_processes(sandbox_), device_of(spec_.scratch));
  }
  bytes_ = walk_->bytes() + nameless.disk_bytes;
  bytes_ -= std::min(bytes_, *copied_);
  const std::uint64_t limit = spec_.limits.disk_bytes;
  if (limit == 0) return std::nullopt;
  if (!walk_->excess().empty()) {
    return Breach{
        ExitReason::disk_full,
        fmt::format("the dyno's writable layer is too large to be counted: {}", walk_->excess())};
  }
  if (bytes_ <= limit) return std::nullopt;
  return Breach{ExitReason::disk_full,
                fmt::format("the dyno's writable layer takes {} of {}; write less, or choose a "
                            "larger size with `davit ps:type`",
                            megabytes(bytes_), megabytes(limit))};
}

}  // namespace davit::dyno
