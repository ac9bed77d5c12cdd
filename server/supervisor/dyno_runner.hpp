#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/output_sink.hpp"
#include "base/task_group.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/logs/flood_gate.hpp"
#include "server/logs/line_splitter.hpp"
#include "server/logs/log_service.hpp"
#include "server/meter.hpp"
#include "server/supervisor/dyno_spec.hpp"
#include "server/supervisor/health_check.hpp"
#include "server/supervisor/memory_watch.hpp"
#include "server/supervisor/plan.hpp"
#include "server/supervisor/runtime_metrics.hpp"
#include "server/supervisor/supervisor.hpp"

namespace davit::supervisor {

// The life of one dyno instance: starts or adopts its davit-dyno, carries its output into the app's
// log, tells when it is up, checks its health, and ends it. io thread only. Its owner keeps it
// until run() has returned.
class DynoRunner {
 public:
  struct Services {
    asio::any_io_executor executor;
    dynos::Launcher& launcher;
    logs::LogService& logs;
    Prober& prober;
    const Clock& clock;
    const Timeouts& timeouts;
    logs::FloodGate* flood_gate = nullptr;  // that of its app; nullptr: one of its own
    Meter* meter = nullptr;
  };

  // adopted: a dyno of an earlier davitd; it is up from the first moment if it listened. nullptr:
  // run() launches one.
  DynoRunner(Services services, DynoRecipe recipe, std::unique_ptr<dynos::DynoProcess> adopted);

  struct Story {
    std::vector<std::string> preface;  // log lines before the start
    std::function<void()> on_change;   // it listens, is up, or is given up: look at it again
    OutputSink* tee = nullptr;         // gets the raw output as well; outlives run()
    // Of one with an interaction: its other end, before anything else is told.
    std::function<void(std::unique_ptr<dynos::SessionLink>)> on_link;
  };
  // Whole life. An exception (cancellation) leaves a formation dyno running, and an owner-bound one
  // dead.
  Task<Ending> run(Story story);

  void stop();                   // SIGTERM, grace, SIGKILL; a wanted end
  void kill_for_boot_timeout();  // R10; a crash
  void set_outgoing() { recipe_.record.outgoing = true; }
  void log_metrics(bool on) { log_metrics_ = on; }  // its owner wants them in the log
  void leave() { leaving_ = true; }  // it only ends its requests: its health is no matter any more

  // Sleep: no process of it runs until thaw(). Its health is not asked for meanwhile.
  void freeze();
  void thaw();
  bool frozen() const { return freeze_ == Freeze::frozen; }
  bool freezing() const { return freeze_ == Freeze::asked; }
  bool freeze_refused() const { return freeze_ == Freeze::refused; }  // this host cannot

  const DynoRecipe& recipe() const { return recipe_; }
  bool up() const { return up_; }
  bool listening() const { return listening_; }
  bool stopping() const { return stop_wanted_ || !given_up_.empty(); }
  // Why we end it as crashed; empty: we do not. It counts as crashed from then on.
  const std::string& given_up() const { return given_up_; }
  // It was given up and is killed without a grace: gone in a moment.
  bool dying() const { return dying_; }
  bool crash_told() const { return crash_told_; }  // the log says already that its state is crashed
  const MemoryWatch& memory() const { return memory_; }

 private:
  Task<Ending> live();
  Task<Result<>> launch();
  Task<Result<dyno::ExitRecord>> follow();
  Task<> take_output(OutputChunk chunk);
  Task<> leave_out(OutputChunk chunk);
  Task<> lose(std::uint64_t lines);
  Task<> tell_of_loss();
  Task<> store_lines(std::vector<logs::SplitLine> lines);
  Task<> say(std::string text);  // a heroku[web.1] line
  Task<> say_all(std::vector<std::string> texts);
  Task<> take_usage(dyno::Usage usage);
  Task<> on_listening();
  Task<> became_up();
  Task<> check_start();
  Task<> check_liveness();
  Task<> send_stop();
  Task<> send_freeze();
  Task<> send_thaw(bool slept);
  Task<> on_frozen(bool frozen);
  Task<> give_up_boot();
  Task<Ending> conclude(dyno::ExitRecord record);
  HealthServices health_services();
  ProbeRequest probe_target() const;

  Services services_;
  DynoRecipe recipe_;
  Story story_;
  std::unique_ptr<dynos::DynoProcess> process_;
  TaskGroup helpers_;  // what goes on beside following the dyno; joined before run() returns
  logs::LineSplitter splitter_;
  logs::FloodGate own_gate_;
  logs::FloodGate& gate_;
  logs::LostLines lost_;
  MemoryWatch memory_;
  RuntimeMetrics metrics_;
  bool log_metrics_ = false;
  enum class Freeze { none, asked, frozen, refused };
  Freeze freeze_ = Freeze::none;
  bool up_ = false;
  bool listening_ = false;
  bool stop_wanted_ = false;
  std::string given_up_;
  bool dying_ = false;
  bool crash_told_ = false;
  bool leaving_ = false;
};

}  // namespace davit::supervisor
