#pragma once
#include <map>
#include <memory>
#include <optional>

#include "base/condition.hpp"
#include "server/meter.hpp"
#include "server/network/networks.hpp"
#include "server/store_thread.hpp"
#include "server/supervisor/canary_state.hpp"
#include "server/supervisor/dyno_runner.hpp"
#include "server/supervisor/plan.hpp"
#include "server/supervisor/policy.hpp"
#include "server/supervisor/routes.hpp"
#include "server/supervisor/runnable.hpp"
#include "server/supervisor/sleeper.hpp"
#include "server/supervisor/slots.hpp"
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
  Prober& prober;
  const Clock& clock;
  Random& random;
  const Paths& paths;
  const DynoPolicy& policy;
  Meter* meter = nullptr;  // nullptr: nobody counts
};

// "web.1" and "web" match web.1, and so does the empty text.
bool matches(const DynoName& name, const std::string& type_or_name);

// One app's dynos: looks at the desired state and at what runs, asks make_plan(), and performs it.
// io thread only.
class AppUnit {
 public:
  AppUnit(UnitServices services, store::App app);

  Task<> run();   // until stop_all() is complete, or cancelled (dynos run on)
  Task<> join();  // after run(): cancels and waits for the dynos' coroutines; the dynos run on

  // Before run(): takes over a dyno of an earlier davitd.
  void adopt(store::DynoRecord record, Runnable runnable,
             std::unique_ptr<dynos::DynoProcess> process);

  void changed();                    // the store has news
  void drained(const DynoId& dyno);  // the router has
  void quiet();                      // the router saw no request for as long as was asked for
  void served(const TrafficFact& traffic);  // the router counted
  void wake();  // a request waits, or its owner does something; nothing where it is awake
  // Somebody is at work inside one of its dynos: wakes it and keeps it awake until the last such
  // let_sleep().
  void keep_awake();
  void let_sleep();
  bool stop_sleepers();  // frozen dynos give their memory back; false: there are none
  std::optional<WallTime> frozen_since() const;
  Task<Result<>> restart(std::string type_or_name);
  Task<Result<>> stop(std::string type_or_name);
  Task<> stop_all();

  std::vector<DynoView> views() const;
  bool has(const std::string& type_or_name) const;
  bool owns(const DynoId& id) const { return dynos_.contains(id); }

  BootView boot(const ReleaseId& release) const;

  // Starts a pending release's web dynos beside the current ones, as many as the type's surge
  // allows; they serve nobody. Until end_trial(), or until the release becomes the current one:
  // then they take over.
  void begin_trial(Runnable runnable);
  BootView trial() const;  // crashed: of the first dyno that failed
  void end_trial();

  Condition& news() { return news_; }
  bool published() const { return published_; }  // its routes were set at least once

 private:
  struct Dyno {
    std::unique_ptr<DynoRunner> runner;
    SteadyTime started;
    WallTime since;
    std::optional<SteadyTime> draining_since;
    bool untried = false;
    bool served = false;
    bool drained = false;
    bool counted = false;  // its crash is in its slot
    std::string leaving;   // why it is on its way out, for people
  };
  struct TrialState {
    Runnable runnable;
    std::string failure;  // of its first dyno that failed
  };
  enum class Origin { current, trial, canary };

  Task<> load_desired();
  void adopt_release(Runnable runnable);
  void take_over(const ReleaseId& release);
  Task<> settle_canary();
  Task<> promote_canary();
  enum class CanaryEnd { withdrawn, promoted };
  Task<bool> store_canary_end(CanaryEnd end, std::string why);
  std::uint32_t web_dynos_wanted() const;
  std::optional<Canary> canary_target() const;
  bool is_wanted_canary(const DynoName& name) const;
  bool strangers_have_its_names() const;
  BootView canary_boot() const;
  Task<> tell_canary(std::string text);
  Task<> tell_router_problems(std::vector<std::string> problems);
  Task<> save_slots();
  Situation situation() const;
  TypeTargets targets_of(const store::Release& release) const;
  Trial trial_target() const;
  const Runnable* runnable_of(Origin origin) const;
  Instance instance_of(const Dyno& dyno) const;
  Task<> perform(Plan plan);
  void perform_endings(const Plan& plan);
  Task<> start(DynoName name, Origin origin);
  Result<DynoRecipe> make_recipe(const DynoName& name, const Runnable& runnable);
  std::vector<std::string> preface_of(const DynoName& name) const;
  Dyno& add(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted);
  Task<> run_dyno(DynoId id, std::vector<std::string> preface);
  void note_crash(const DynoName& name, const std::string& reason, std::chrono::milliseconds ran);
  void note_given_up(Dyno& dyno);
  void note_trial_failure(const Dyno& dyno, const std::string& reason);
  Task<> tell_ending(const Dyno& dyno, const Ending& ending);
  bool ended_in_service(const Dyno& dyno) const;
  bool is_wanted(const DynoName& name) const;
  bool any_dying(const ReleaseId& release) const;
  std::string why_leaving(const Dyno& dyno) const;
  void publish(const Plan& plan);
  void look_again();
  std::chrono::milliseconds sleep_after() const;
  std::chrono::milliseconds quiet_after() const;
  bool web_is_settled() const;
  void perform_sleep(const Plan& plan);
  void restore_sleep(const std::optional<store::SleepRecord>& record);
  void wake_if_changed(const std::map<ProcessType, store::FormationEntry>& before);
  Task<> save_sleep();
  std::string sleep_text() const;
  DynoView sleeping_view(const DynoName& name) const;
  Phase phase_of(const Dyno& dyno) const;
  Slots::Now now() const { return {services_.clock.steady(), services_.clock.wall()}; }
  DynoView view_of(const DynoId& id, const Dyno& dyno) const;
  DynoView view_of(const DynoName& name, const Slots::State& slot) const;

  UnitServices services_;
  store::App app_;
  Runnable current_;  // desired
  std::map<ProcessType, store::FormationEntry> formation_;
  std::map<DynoId, Dyno> dynos_;
  Slots slots_;                 // of the desired release
  logs::FloodGate flood_gate_;  // of all its dynos
  std::optional<TrialState> trial_;
  CanaryState canary_;
  Sleeper sleeper_;
  int visitors_ = 0;  // keep_awake() without its let_sleep()
  bool quiet_with_visitors_ = false;
  std::set<DynoName> unidling_;  // their next start is out of sleep
  Timeouts timeouts_;
  store::RoutingRecord routing_;
  AppPages pages_;
  bool json_log_ = false;
  bool log_metrics_ = false;  // of every dyno
  TaskGroup tasks_;
  Condition news_;  // something happened: plan again; also what outsiders wait for
  bool look_ = true;
  bool reload_ = true;
  bool loaded_ = false;  // the slots of an earlier davitd were read
  bool destroying_ = false;
  bool published_ = false;
};

}  // namespace davit::supervisor
