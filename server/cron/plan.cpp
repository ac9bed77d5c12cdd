#include "server/cron/plan.hpp"

#include <algorithm>

#include "server/cron/limits.hpp"

namespace davit::cron {

std::vector<Step> Plan::look(const std::vector<Wanted>& jobs, WallTime now) {
  const bool set_back = now + limits::set_back_max < looked_;
  if (set_back) next_.clear();
  looked_ = now;
  know_owners(jobs);
  std::map<JobKey, WallTime> next;
  std::vector<Step> steps;
  for (const Wanted& job : jobs) {
    const auto known = next_.find(job.key);
    // A release of the future was made before the clock was set back.
    const WallTime since = set_back ? now : std::min(job.since, now);
    WallTime due = known == next_.end() ? job.schedule.next_after(since) : known->second;
    if (auto step = look_at(job, due, now)) steps.push_back(std::move(*step));
    next.emplace(job.key, due);
  }
  next_ = std::move(next);
  std::erase_if(queue_, [&](const Turn& turn) { return !next_.contains(turn.key); });
  std::ranges::stable_sort(queue_, {}, &Turn::due);
  std::ranges::move(starts(), std::back_inserter(steps));
  return steps;
}

// Moves `next` beyond now.
std::optional<Step> Plan::look_at(const Wanted& job, WallTime& next, WallTime now) {
  if (next > now) return std::nullopt;
  Step step{Step::What::missed, job.key, next, {}};
  const WallTime still_good = now - limits::late_max;
  if (next < still_good) next = job.schedule.next_after(still_good);
  const bool late = next > now;
  if (!late) {
    step.due = next;
    next = job.schedule.next_after(now);
  }
  if (late) return step;
  step.what = Step::What::skip;
  if (running(job.key)) {
    step.why = "it still runs";
  } else if (waits(job.key)) {
    step.why = "it still waits for its turn";
  } else if (queue_.size() >= limits_.waiting_max) {
    step.why = "too many jobs wait on this server";
  } else if (waiting_of(job.owner) >= limits_.waiting_max_per_owner) {
    step.why = "too many jobs of its owner's apps wait";
  } else {
    queue_.push_back({job.key, step.due});
    return std::nullopt;
  }
  return step;
}

std::vector<Step> Plan::starts() {
  std::vector<Step> steps;
  for (auto turn = queue_.begin(); turn != queue_.end();) {
    if (!check_place(turn->key.app)) {
      ++turn;
      continue;
    }
    running_.insert(turn->key);
    steps.push_back({Step::What::start, turn->key, turn->due, {}});
    turn = queue_.erase(turn);
  }
  return steps;
}

Result<> Plan::begin(const JobKey& key) {
  if (running(key)) {
    return fail(Errc::conflict, "Cron job {} runs already, and never twice at a time.", key.job);
  }
  DAVIT_TRY(check_place(key.app));
  std::erase_if(queue_, [&](const Turn& turn) { return turn.key == key; });
  running_.insert(key);
  return {};
}

Result<> Plan::check_place(const AppId& app) const {
  if (running_.size() >= limits_.at_once) {
    return fail(Errc::limit_exceeded,
                "This server runs {} cron jobs already and takes no more. Try again later.",
                running_.size());
  }
  std::size_t of_app = 0, of_owner = 0;
  const UserId* const owner = owner_of(app);
  for (const JobKey& key : running_) {
    of_app += key.app == app ? 1 : 0;
    const UserId* const other = owner_of(key.app);
    of_owner += owner != nullptr && other != nullptr && *owner == *other ? 1 : 0;
  }
  if (of_app >= limits_.at_once_per_app) {
    return fail(Errc::limit_exceeded,
                "The app runs {} cron jobs already, and no app may have more. `davit cron` lists "
                "them.",
                of_app);
  }
  if (of_owner >= limits_.at_once_per_owner) {
    return fail(Errc::limit_exceeded,
                "The apps of this app's owner run {} cron jobs already, and nobody's may run more. "
                "Try again later.",
                of_owner);
  }
  return {};
}

const UserId* Plan::owner_of(const AppId& app) const {
  const auto found = owners_.find(app);
  return found == owners_.end() ? nullptr : &found->second;
}

// Also of apps whose jobs are gone while one runs still.
void Plan::know_owners(const std::vector<Wanted>& jobs) {
  std::map<AppId, UserId> owners;
  for (const Wanted& job : jobs) owners.emplace(job.key.app, job.owner);
  for (const JobKey& key : running_) {
    if (const auto* owner = owner_of(key.app)) owners.emplace(key.app, *owner);
  }
  owners_ = std::move(owners);
}

std::size_t Plan::waiting_of(const UserId& owner) const {
  return static_cast<std::size_t>(std::ranges::count_if(queue_, [&](const Turn& turn) {
    const UserId* const other = owner_of(turn.key.app);
    return other != nullptr && *other == owner;
  }));
}

bool Plan::waits(const JobKey& key) const {
  return std::ranges::find(queue_, key, &Turn::key) != queue_.end();
}

}  // namespace davit::cron
