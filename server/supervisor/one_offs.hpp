#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/output_sink.hpp"
#include "server/supervisor/app_unit.hpp"
#include "server/supervisor/run_request.hpp"

namespace davit::supervisor {

// Runs commands once, each in a dyno of its own with a release's slug and config: never restarted,
// never in the formation. Three kinds: with somebody who reads along (a release's command; ends
// with this davitd), attached (ends with its client, and so with this davitd), and detached
// (outlives this davitd as a formation dyno does: it has a row). io thread only; shut_down() before
// it goes.
class OneOffs {
 public:
  explicit OneOffs(UnitServices services);

  // Of detached ones, also adopted ones, while their row is still there.
  using OnEnd = std::function<void(const DynoId&, const Ending&)>;
  void on_end(OnEnd told) { on_end_ = std::move(told); }

  DynoName choose_name(const AppId& app, const ProcessType& type) const;
  Task<Ending> run(OneOffRequest request, OutputSink& output);  // see Supervisor::run_once

  Task<Result<DynoView>> begin(RunRequest request);     // see Supervisor::run
  Task<Result<>> attach(DynoId id, RunClient& client);  // see Supervisor::attach
  void adopt(DynoRecipe recipe,
             std::unique_ptr<dynos::DynoProcess> process);  // of an earlier davitd

  std::vector<DynoView> views(const AppId& app) const;
  bool stop(const AppId& app, const std::string& type_or_name);
  Task<> stop_all(AppId app);  // all have ended when it returns
  Task<> shut_down();          // detached ones run on

 private:
  using Link = std::unique_ptr<dynos::SessionLink>;
  struct Running {
    DynoRunner* runner = nullptr;
    WallTime since;
    bool of_release = false;  // counts against nobody's limit
  };
  // Made, and launched when its client comes.
  struct Waiting {
    DynoRecipe recipe;
    SteadyTime until;
  };
  // What the two sides of an attached one tell each other.
  struct Talk {
    Link link;
    std::optional<Ending> ending;
  };

  Task<Result<DynoRecipe>> make_recipe(RunRequest request);
  Task<DynoSize> size_of(AppId app, ProcessType type);
  Result<> make_room(const AppId& app) const;
  Task<Ending> live(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted,
                    DynoRunner::Story story);
  Task<> live_detached(DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted);
  Task<> live_attached(DynoRecipe recipe, Talk& talk);
  Task<> talk_with(RunClient& client, DynoId id, Talk& talk);
  Task<> wait_for_client(DynoId id);
  Task<> forget(DynoId id);
  Task<> say(const DynoRecipe& recipe, std::vector<std::string> texts);

  UnitServices services_;
  OnEnd on_end_;
  TaskGroup tasks_;
  Condition news_;  // one began, changed or ended
  std::map<DynoId, Running> running_;
  std::map<DynoId, Waiting> waiting_;
};

}  // namespace davit::supervisor
