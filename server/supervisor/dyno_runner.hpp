#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/task_group.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/logs/line_splitter.hpp"
#include "server/logs/log_service.hpp"
#include "server/supervisor/dyno_spec.hpp"

namespace davit::supervisor {

// How an instance ended, for the app's bookkeeping.
struct Ending {
  bool crashed = false;  // not by our own wish
  std::string reason;    // "exited with status 1"; "" after a wanted stop
  std::chrono::milliseconds ran{0};
};

// The life of one dyno instance: starts or adopts its davit-dyno, carries its output into the app's log, tells when it
// is up, and ends it. io thread only. Its owner keeps it until run() has returned.
class DynoRunner {
 public:
  struct Services {
    dynos::Launcher& launcher;
    logs::LogService& logs;
    const Clock& clock;
    TaskGroup& tasks;
  };

  // adopted: a dyno of an earlier davitd; it is up from the first moment if it was. nullptr: run() launches one.
  DynoRunner(Services services, DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted);

  // Whole life. on_up is called when the dyno becomes able to take requests (web) or its command runs (others).
  Task<Ending> run(std::function<void()> on_up);

  void stop();                    // SIGTERM, grace, SIGKILL; a wanted end
  void kill_for_boot_timeout(std::chrono::milliseconds allowed);  // R10; a crash

  const DynoRecipe& recipe() const { return recipe_; }
  bool up() const { return up_; }
  bool stopping() const { return stop_wanted_; }

 private:
  Task<Result<dyno::ExitRecord>> follow();
  Task<> store_output(OutputChunk chunk);
  Task<> store_lines(std::vector<logs::SplitLine> lines);
  Task<> say(std::string text);  // a heroku[web.1] line
  Task<> send_stop();
  Task<> kill_late_boot();
  Task<> became_up();
  Task<Ending> conclude(dyno::ExitRecord record);

  Services services_;
  DynoRecipe recipe_;
  std::unique_ptr<dynos::DynoProcess> process_;
  std::function<void()> on_up_;
  logs::LineSplitter splitter_;
  bool up_ = false;
  bool stop_wanted_ = false;
  std::string late_boot_;  // "60 seconds": what it had, when it was killed for R10
};

}  // namespace davit::supervisor
