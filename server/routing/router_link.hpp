#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/child_reaper.hpp"
#include "base/clock.hpp"
#include "base/condition.hpp"
#include "base/process.hpp"
#include "base/task_group.hpp"
#include "router/protocol/messages.hpp"
#include "server/logs/log_service.hpp"
#include "server/meter.hpp"
#include "server/routing/table_feed.hpp"
#include "server/supervisor/routes.hpp"

namespace davit::routing {

struct RouterConfig {
  std::string program;  // absolute path of davit-router; empty: somebody else starts it (systemd)
  std::vector<std::string> listen;
  std::vector<std::string> https_listen;
  router::CertificateSet certificates;  // sent to each router that serves HTTPS
  std::vector<std::string> arguments;   // more of its own options; it checks them
  std::string control_socket;           // <run>/router.sock
  std::string table_file;               // <run>/routes.json
  std::string domain;                   // apps are <app>.<domain>
  std::vector<std::string> control_hosts;
  std::string api_socket;    // where the router finds davitd
  std::string dyno_sockets;  // and the dynos' doors
};

// davitd's end of the router: starts it where nobody else does, keeps the connection, sends tables,
// stores its log lines, passes on what has drained. io thread only.
class RouterLink final : public supervisor::Routes {
 public:
  struct Services {
    asio::any_io_executor executor;
    logs::LogService& logs;
    const Clock& clock;
    Meter* meter = nullptr;
  };
  RouterLink(Services services, RouterConfig config);
  ~RouterLink() override;

  // Connects, and again whenever the connection is lost, until cancelled.
  Task<> run();
  // From now on tables are sent: call it when every app's routes were set once.
  void enable();
  // Returns when the router serves by the newest table.
  Task<Result<>> applied(SteadyTime deadline);
  // Returns when the router was reached for the first time; its real addresses ("127.0.0.1:8080").
  Task<Result<router::Hello>> first_hello(SteadyTime deadline);
  // After an upgrade the router that runs is the one before it: where it is not of the installed
  // program, a new one takes its sockets over, and no connection is refused meanwhile. Returns the
  // pid of the one that serves then. Needs enable(). Errors: the heir did not take over; the old
  // one serves on.
  Task<Result<int>> upgrade(SteadyTime deadline);
  // Asked of whoever puts apps to sleep and wakes them.
  void on_quiet(std::function<void(const AppId& app)> handler) { on_quiet_ = std::move(handler); }
  void on_wanted(std::function<void(const AppId& app)> handler) { on_wanted_ = std::move(handler); }
  void on_drained(std::function<void(const std::string& dyno_id)> handler) {
    on_drained_ = std::move(handler);
  }

  // Told what each dyno served, every few seconds, beside the meter.
  using ServedHandler = std::function<void(const AppId& app, const TrafficFact& traffic)>;
  void on_served(ServedHandler handler) { on_served_ = std::move(handler); }

  void set(const store::App& app, supervisor::WebRoute web,
           std::vector<supervisor::ServedDyno> dynos) override;
  void remove(const AppId& app) override;

 private:
  class Connection;
  std::string endpoint_of(const supervisor::ServedDyno& dyno) const;
  Task<Result<>> connect_once();
  Task<> serve(Connection& connection);
  Task<> write_commands(Connection& connection);
  Task<> read_events(Connection& connection);
  Task<> store_lines(router::LogBatch batch, Connection& connection);
  enum class Start { first, heir };
  Result<> spawn_router(Start start);
  bool child_ended();
  void greet(router::Hello hello);
  void tell(const std::function<void(const AppId&)>& handler, const std::string& app);
  void count(const AppId& app, const router::LogLine& line);
  void count(const router::Metrics& metrics);
  router::AppState state_of(supervisor::WebState state) const;
  void keep_ports(const router::Hello& hello);
  void send_certificates(Connection& connection);
  bool serves_https(const router::Hello& hello) const;

  Services services_;
  RouterConfig config_;
  TableFeed feed_;
  std::function<void(const std::string&)> on_drained_;
  std::function<void(const AppId&)> on_quiet_;
  std::function<void(const AppId&)> on_wanted_;
  ServedHandler on_served_;
  std::uint64_t applied_version_ = 0;  // of the one that the router said it serves by
  bool enabled_ = false;
  std::uint64_t counted_ = 0;  // the last of its log lines that was counted
  std::string stream_;         // names this router process in the logs
  Condition news_;
  std::optional<router::Hello> hello_;
  std::optional<Process> child_;
  ChildReaper reaper_;         // of routers that were replaced
  bool start_failed_ = false;  // the first router that we started ended before it answered
  SteadyTime spawn_not_before_{};
};

}  // namespace davit::routing
