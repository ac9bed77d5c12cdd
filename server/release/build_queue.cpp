#include "server/release/build_queue.hpp"

#include <algorithm>

#include "server/release/limits.hpp"

namespace davit::release {
namespace {

std::string waiting_text(std::size_t before) {
  return fmt::format("-----> Waiting: {} build{} before this one...\n", before,
                     before == 1 ? "" : "s");
}

}  // namespace

BuildQueue::Place::Place(BuildQueue& queue, BuildId build, UserId user)
    : queue_(queue), build_(std::move(build)), user_(std::move(user)) {
  queue_.places_.push_back(this);
}

BuildQueue::Place::~Place() {
  queue_.places_.remove(this);
  queue_.changed_.notify_all();
}

Task<> BuildQueue::Place::wait(OutputSink& output) {
  queue_.places_.remove(this);
  queue_.places_.push_back(this);
  stage_ = BuildStage::queued;
  std::size_t told = 0;
  for (;;) {
    const std::size_t before = queue_.before(*this);
    if (before == 0) break;
    if (before != told) {
      told = before;
      auto text = waiting_text(before);
      co_await output.write(std::move(text));
      continue;  // it may have changed while that was written
    }
    co_await queue_.changed_.wait();
  }
  stage_ = BuildStage::building;
}

void BuildQueue::Place::built() {
  stage_ = BuildStage::releasing;
  queue_.changed_.notify_all();
}

Task<> BuildQueue::Place::cancelled() {
  while (!cancelled_) co_await queue_.changed_.wait();
}

Result<std::unique_ptr<BuildQueue::Place>> BuildQueue::join(BuildId build, UserId user) {
  const auto waiting = std::ranges::count(places_, BuildStage::queued, &Place::stage_);
  if (static_cast<std::size_t>(waiting) >= limits::builds_waiting_max) {
    return fail(Errc::limit_exceeded,
                "{} builds wait on this server already; try again when they are done", waiting);
  }
  const auto mine = std::ranges::count_if(places_, [&](const Place* one) {
    return one->stage_ == BuildStage::preparing && one->user_ == user;
  });
  if (static_cast<std::size_t>(mine) >= limits::builds_preparing_max) {
    return fail(Errc::limit_exceeded,
                "{} builds of yours wait for their apps or sources already; try again when they "
                "are done",
                mine);
  }
  return std::make_unique<Place>(*this, std::move(build), std::move(user));
}

// Who builds already, and who came earlier and does not, counts.
std::size_t BuildQueue::before(const Place& place) const {
  std::size_t building = 0, earlier = 0;
  bool passed = false;
  for (const Place* each : places_) {
    if (each == &place) passed = true;
    if (each->stage_ == BuildStage::building) ++building;
    if (each->stage_ == BuildStage::queued && !passed) ++earlier;
  }
  const std::size_t ahead = building + earlier;
  return ahead < at_once_ ? 0 : ahead - at_once_ + 1;
}

std::optional<BuildProgress> BuildQueue::progress(const BuildId& build) const {
  const auto found = std::ranges::find(places_, build, &Place::build_);
  if (found == places_.end()) return std::nullopt;
  const Place& place = **found;
  const bool queued = place.stage_ == BuildStage::queued;
  return BuildProgress{place.stage_, queued ? before(place) : 0};
}

Result<> BuildQueue::cancel(const BuildId& build, std::string who) {
  const auto found = std::ranges::find(places_, build, &Place::build_);
  if (found == places_.end()) {
    return fail(Errc::conflict, "build '{}' does not run (any more); `davit builds` lists them",
                build.str());
  }
  Place& place = **found;
  if (!place.cancelled_) {
    place.cancelled_ = true;
    place.cancelled_by_ = std::move(who);
    changed_.notify_all();
  }
  return {};
}

void BuildQueue::end() {
  ended_ = true;
  changed_.notify_all();
}

Task<> BuildQueue::ended() {
  while (!ended_) co_await changed_.wait();
}

std::size_t default_builds_at_once(unsigned cpus, std::uint64_t memory_bytes) {
  constexpr std::uint64_t memory_each = 4ull << 30;
  constexpr unsigned cpus_each = 4;
  const std::uint64_t by_memory = memory_bytes / memory_each;
  const std::uint64_t by_cpu = cpus / cpus_each;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(std::min(by_memory, by_cpu), 1, 4));
}

}  // namespace davit::release
