#pragma once
#include <compare>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "server/app_json/schedule.hpp"

namespace davit::cron {

struct JobKey {
  AppId app;
  std::string job;  // app_json::CronJob::id
  friend auto operator<=>(const JobKey&, const JobKey&) = default;
};

// A job of an app's current release that runs by itself.
struct Wanted {
  JobKey key;
  app_json::Schedule schedule;
  WallTime since;  // later times count: its release's, or up to where they were dealt with
  UserId owner;    // of the app
};

struct Step {
  enum class What {
    start,
    skip,    // it was due, and is not started
    missed,  // it was due, but that was too long ago
  };
  What what = What::start;
  JobKey key;
  WallTime due;
  std::string why;  // of a skip
};

// Which job starts when: of all apps, in the order in which they are due, each app and each owner
// no more than their share. Sans I/O. A job that runs, or waits for its turn, is not started again;
// however many of its times went by unseen, it is started once.
class Plan {
 public:
  struct Limits {
    std::size_t at_once = 0;
    std::size_t at_once_per_app = 0;
    std::size_t at_once_per_owner = 0;
    std::size_t waiting_max = 0;
    std::size_t waiting_max_per_owner = 0;
  };
  explicit Plan(Limits limits) : limits_(limits) {}

  // The jobs that there are now; others lose their place in the queue. What is told to start counts
  // as running until ended().
  std::vector<Step> look(const std::vector<Wanted>& jobs, WallTime now);
  std::vector<Step> starts();  // for the places that ended() has made

  // By hand, or found running. conflict: it runs or waits; limit_exceeded.
  Result<> begin(const JobKey& key);
  void found_running(const JobKey& key) { running_.insert(key); }
  void ended(const JobKey& key) { running_.erase(key); }
  bool running(const JobKey& key) const { return running_.contains(key); }

 private:
  struct Turn {
    JobKey key;
    WallTime due;
  };
  std::optional<Step> look_at(const Wanted& job, WallTime& next, WallTime now);
  // limit_exceeded: nothing more of that app may start now.
  Result<> check_place(const AppId& app) const;
  const UserId* owner_of(const AppId& app) const;
  void know_owners(const std::vector<Wanted>& jobs);
  std::size_t waiting_of(const UserId& owner) const;
  bool waits(const JobKey& key) const;

  Limits limits_;
  std::map<JobKey, WallTime> next_;
  std::map<AppId, UserId> owners_;  // of what there is, runs or waits
  std::deque<Turn> queue_;
  std::set<JobKey> running_;
  WallTime looked_{};
};

}  // namespace davit::cron
