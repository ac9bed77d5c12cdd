#pragma once
#include <map>
#include <memory>

#include "server/supervisor/app_unit.hpp"
#include "server/supervisor/one_offs.hpp"
#include "server/supervisor/supervisor.hpp"

namespace davit::supervisor {

// One AppUnit per app. io thread only.
class SupervisorImpl final : public Supervisor {
 public:
  explicit SupervisorImpl(UnitServices services);

  // At start, before routes are published: takes over the dynos of an earlier davitd, ends those
  // that nobody knows, and starts the units. Returns when each has set its routes.
  Task<> start();
  // Ends the units' coroutines; the dynos run on.
  Task<> shut_down();
  void drained(const std::string& dyno_id);  // from the router
  void quiet(const AppId& app);              // likewise: no request for a while
  void wanted(const AppId& app);             // likewise: one waits for an app that sleeps
  void served(const AppId& app, const TrafficFact& traffic);  // likewise: what it counted
  // Who wants to know when a detached one-off has ended; before start(), which adopts them.
  void on_one_off_end(OneOffs::OnEnd told) { one_offs_.on_end(std::move(told)); }
  // Stops frozen dynos when the machine runs short of memory, until cancelled.
  Task<> guard_memory();

  void changed(const AppId& app) override;
  std::vector<DynoView> dynos(const AppId& app) const override;
  Task<Result<>> restart(AppId app, std::string type_or_name) override;
  Task<Result<>> stop(AppId app, std::string type_or_name) override;
  Task<> stop_all(AppId app) override;
  Task<BootView> wait_for_boot(AppId app, ReleaseId release) override;
  Task<Result<>> try_release(AppId app, store::Release release) override;
  void end_trial(const AppId& app) override;
  DynoName one_off_name(const AppId& app, const ProcessType& type) override;
  Task<Ending> run_once(OneOffRequest request, OutputSink& output) override;
  Task<Result<DynoView>> run(RunRequest request) override;
  Task<Result<>> attach(DynoId id, RunClient& client) override;
  Task<> exec(DynoId id, ExecRequest request, RunClient& client) override;

 private:
  Task<> exec_inside(DynoId id, ExecRequest request, RunClient& client);
  Task<> run_unit(AppId id);
  Task<> add_unknown(AppId id);
  Task<> adopt(std::vector<store::DynoRecord> records);
  Task<> adopt_one(store::DynoRecord record);
  Task<bool> adopt_one_off(const store::DynoRecord& record, const store::Release& release,
                           std::unique_ptr<dynos::DynoProcess> process);
  Task<> end_stranger(std::string id);

  UnitServices services_;
  TaskGroup tasks_;
  OneOffs one_offs_;
  std::map<AppId, std::unique_ptr<AppUnit>> units_;
};

}  // namespace davit::supervisor
