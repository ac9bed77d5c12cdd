#pragma once
#include <map>

#include "base/task_group.hpp"
#include "server/app_json/app_json.hpp"
#include "server/cron/plan.hpp"
#include "server/cron/scheduler.hpp"
#include "server/logs/log_service.hpp"
#include "server/store_thread.hpp"
#include "server/supervisor/supervisor.hpp"

namespace davit::cron {

// The thin shell around Plan: looks at the store at every whole minute, so a new release, or none,
// is seen by then. io thread only.
class SchedulerImpl final : public Scheduler {
 public:
  struct Services {
    asio::any_io_executor executor;
    StoreThread& store;
    supervisor::Supervisor& supervisor;
    logs::LogService& logs;
    const Clock& clock;
    Random& random;
  };
  explicit SchedulerImpl(Services services);

  // Before the supervisor starts: what an earlier davitd has begun.
  Task<> recall();
  // After it has: until cancelled.
  Task<> run();
  // A detached one-off has ended, of whatever kind.
  void ended(const DynoId& dyno, const supervisor::Ending& ending);
  // No more starts; returns when nothing is under way. Again after the supervisor has shut down,
  // for what ended meanwhile.
  Task<> stop();

  Task<> look();  // what run() does each minute
  Task<Result<store::CronRecord>> start_now(store::App app, std::string job,
                                            std::string by) override;

 private:
  struct Job {
    std::string id;
    app_json::Schedule schedule;
  };
  // What an app's text said when it was read last.
  struct Known {
    std::string text;
    std::vector<Job> jobs;  // those that run by themselves
  };
  struct Order {
    JobKey key;
    WallTime due;
    std::string by;
  };
  Task<> forget_lost();
  struct Source {
    store::CronSource jobs;
    UserId owner;
  };
  std::vector<Wanted> wanted(const std::vector<Source>& sources);
  Task<> perform(std::vector<Step> steps);
  Task<> start_due(Order order);
  Task<Result<store::CronRecord>> start(Order order);
  Task<Result<supervisor::RunRequest>> request_of(JobKey key);
  Task<> record_end(DynoId dyno, supervisor::Ending ending);
  Task<> say(AppId app, std::string text);

  Services services_;
  Plan plan_;
  std::map<AppId, Known> known_;
  std::map<DynoId, JobKey> dynos_;        // that run a job
  std::map<JobKey, WallTime> looked_at_;  // by an earlier davitd; empty after the first look
  bool stopping_ = false;
  TaskGroup tasks_;
};

}  // namespace davit::cron
