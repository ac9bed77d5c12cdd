#include "server/cron/plan.hpp"

#include <algorithm>

#include "server/cron/limits.hpp"

namespace davit::cron {

std::vector<Step> Plan::look(const std::vector<Wanted>& jobs, WallTime now) {
  const bool set_back = now + limits::set_back_max < looked_;
  if (set_back) next_.clear();
  looked_ = now;
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
  } else {
    queue_.push_back({job.key, step.due});
    return std::nullopt;
  }
  return step;
}

std::vector<Step> Plan::starts() {
  std::vector<Step> steps;
  for (auto turn = queue_.begin(); turn != queue_.end();) {
    if (running_.size() >= limits_.at_once) break;
    if (running_of(turn->key.app) >= limits_.at_once_per_app) {
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
  if (running_of(key.app) >= limits_.at_once_per_app) {
    return fail(Errc::limit_exceeded,
                "The app runs {} cron jobs already, and no app may have more. `davit cron` lists "
                "them.",
                limits_.at_once_per_app);
  }
  if (running_.size() >= limits_.at_once) {
    return fail(Errc::limit_exceeded,
                "This server runs {} cron jobs already and takes no more. Try again later.",
                running_.size());
  }
  std::erase_if(queue_, [&](const Turn& turn) { return turn.key == key; });
  running_.insert(key);
  return {};
}

std::size_t Plan::running_of(const AppId& app) const {
  return static_cast<std::size_t>(
      std::ranges::count(running_, app, [](const JobKey& key) -> const AppId& { return key.app; }));
}

bool Plan::waits(const JobKey& key) const {
  return std::ranges::find(queue_, key, &Turn::key) != queue_.end();
}

}  // namespace davit::cron
