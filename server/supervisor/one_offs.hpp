#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/output_sink.hpp"
#include "server/supervisor/app_unit.hpp"

namespace davit::supervisor {

// Runs commands once, each in a dyno of its own with a release's slug and config: never restarted, never in the
// formation, dead with this davitd. io thread only; joined by whoever awaits run().
class OneOffs {
 public:
  explicit OneOffs(UnitServices services) : services_(services) {}

  DynoName choose_name(const AppId& app, const ProcessType& type) const;
  Task<Ending> run(OneOffRequest request, OutputSink& output);  // see Supervisor::run_once

  std::vector<DynoView> views(const AppId& app) const;
  bool stop(const AppId& app, const std::string& type_or_name);

 private:
  Task<DynoSize> size_of(AppId app, ProcessType type);
  struct Running {
    DynoRunner* runner = nullptr;
    WallTime since;
  };

  UnitServices services_;
  std::map<DynoId, Running> running_;
};

}  // namespace davit::supervisor
