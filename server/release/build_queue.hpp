#pragma once
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "base/condition.hpp"
#include "base/ids.hpp"
#include "base/output_sink.hpp"
#include "base/result.hpp"

namespace davit::release {

// preparing: known, and in no queue yet (the app's turn, or its source, is waited for).
enum class BuildStage { preparing, queued, building, releasing };

struct BuildProgress {
  BuildStage stage = BuildStage::preparing;
  std::size_t before = 0;  // builds that must end before this one begins
};

// Every build of this davitd that goes on: so many build at once on the box, the others wait in the
// order in which they came. io thread only; outlives every place it gave.
class BuildQueue {
 public:
  BuildQueue(asio::any_io_executor executor, std::size_t at_once)
      : executor_(std::move(executor)), at_once_(at_once) {}

  // One build's, from the moment it is known until its release stands or it failed.
  class Place {
   public:
    Place(BuildQueue& queue, BuildId build, UserId user);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // Joins the end of the queue; returns when the build may begin. Tells `output` how many are
    // before it, again when that changes. Cancellable.
    Task<> wait(OutputSink& output);
    // The build has its slug: the next one may begin, while this one becomes a release.
    void built();
    // Returns when somebody wants the build to end. Cancellable.
    Task<> cancelled();
    const std::string& cancelled_by() const { return cancelled_by_; }

   private:
    friend class BuildQueue;
    BuildQueue& queue_;
    const BuildId build_;
    const UserId user_;
    BuildStage stage_ = BuildStage::preparing;
    bool cancelled_ = false;
    std::string cancelled_by_;
  };

  // limit_exceeded when too many wait already, or too many of this user's are prepared: those may
  // take long, and must not fill the queue for others.
  Result<std::unique_ptr<Place>> join(BuildId build, UserId user);
  std::optional<BuildProgress> progress(const BuildId& build) const;
  // Asks it to end; soon afterwards it has failed. conflict: it does not go on (any more).
  Result<> cancel(const BuildId& build, std::string who);

  // davitd stops: whoever waits for ended() goes on. What builds is cancelled by its owner.
  void end();
  bool is_ended() const { return ended_; }
  Task<> ended();

 private:
  std::size_t before(const Place& place) const;
  asio::any_io_executor executor_;
  std::size_t at_once_;
  std::list<Place*> places_;  // in the order in which they queued
  bool ended_ = false;
  Condition changed_{executor_};
};

// How many may build at once where davit.toml says nothing: each may take half of a small box.
std::size_t default_builds_at_once(unsigned cpus, std::uint64_t memory_bytes);

}  // namespace davit::release
