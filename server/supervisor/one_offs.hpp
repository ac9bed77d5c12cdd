#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/output_sink.hpp"
#include "server/supervisor/app_unit.hpp"

namespace davit::supervisor {

struct OneOffRequest {
  store::App app;
  store::Release release;  // has a slug
  ProcessType type;        // "release"; its formation entry decides the size
  std::string command;
  std::chrono::milliseconds time_limit{0};
};

// Runs commands once, each in a dyno of its own with a release's slug and config: never restarted, never in the
// formation, dead with this davitd. io thread only; joined by whoever awaits run().
class OneOffs {
 public:
  explicit OneOffs(UnitServices services) : services_(services) {}

  // "release.4711": free among the app's one-offs.
  DynoName choose_name(const AppId& app, const ProcessType& type) const;
  // Output goes to the log and, raw, to `output`. A command that fails is no error: see the code. Cancellable: then it
  // is dead, and nothing of it is left, when the exception comes out.
  Task<Ending> run(OneOffRequest request, DynoName name, OutputSink& output);

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
