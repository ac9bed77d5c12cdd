#pragma once
#include <map>
#include <memory>
#include <optional>

#include "base/condition.hpp"
#include "server/network/networks.hpp"
#include "server/store_thread.hpp"
#include "server/supervisor/dyno_runner.hpp"
#include "server/supervisor/plan.hpp"
#include "server/supervisor/restart_policy.hpp"
#include "server/supervisor/routes.hpp"
#include "server/supervisor/supervisor.hpp"

namespace davit {
struct Paths;
}

namespace davit::supervisor {

// What every app's unit works with; all outlive the supervisor.
struct UnitServices {
  asio::any_io_executor executor;
  StoreThread& store;
  asio::thread_pool& workers;
  dynos::Launcher& launcher;
  network::Networks& networks;
  logs::LogService& logs;
  Routes& routes;
  const Clock& clock;
  Random& random;
  const Paths& paths;
  Timeouts timeouts{};
};

// One app's dynos: looks at the desired state and at what runs, asks make_plan(), and performs it. io thread only.
class AppUnit {
 public:
  AppUnit(UnitServices services, store::App app);

  Task<> run();  // until stop_all() is complete, or cancelled (dynos run on)
  Task<> join(); // after run(): cancels and waits for the dynos' coroutines; the dynos run on

  // Before run(): takes over a dyno of an earlier davitd.
  void adopt(store::DynoRecord record, store::Release release, std::unique_ptr<dynos::DynoProcess> process);

  void changed();                     // the store has news
  void drained(const DynoId& dyno);   // the router has
  void restart(const std::string& type_or_name);
  void stop(const std::string& type_or_name);
  Task<> stop_all();

  std::vector<DynoView> views() const;
  bool has(const std::string& type_or_name) const;
  bool owns(const DynoId& id) const { return dynos_.contains(id); }

  BootView boot(const ReleaseId& release) const;
  Condition& news() { return news_; }
  bool published() const { return published_; }  // its routes were set at least once

 private:
  struct Dyno {
    std::unique_ptr<DynoRunner> runner;
    SteadyTime started;
    WallTime since;
    bool replace = false;
    bool drained = false;
    bool boot_timed_out = false;
    std::optional<SteadyTime> draining_since;
  };
  struct SlotState {
    std::uint32_t crashes = 0;
    std::optional<SteadyTime> not_before;
    bool stopped = false;
    WallTime since;
    std::string reason;
  };

  Task<> load_desired();
  Situation situation() const;
  Task<> perform(Plan plan);
  Task<> start(DynoName name);
  void add(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted);
  Task<> run_dyno(DynoId id);
  void note_ending(const DynoRecipe& recipe, const Ending& ending);
  void publish(const Plan& plan);
  void look_again();
  Phase phase_of(const Dyno& dyno) const;

  UnitServices services_;
  store::App app_;
  store::Release release_;                     // desired; id empty before the first deploy
  std::map<ProcessType, store::FormationEntry> formation_;
  std::map<DynoId, Dyno> dynos_;
  std::map<DynoName, SlotState> slots_;  // of the desired release
  RestartPolicy policy_;
  TaskGroup tasks_;
  Condition news_;         // something happened: plan again; also what outsiders wait for
  bool look_ = true;
  bool reload_ = true;
  bool destroying_ = false;
  bool published_ = false;
};

}  // namespace davit::supervisor
