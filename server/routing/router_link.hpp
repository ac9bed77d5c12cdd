#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/condition.hpp"
#include "base/task_group.hpp"
#include "router/protocol/messages.hpp"
#include "server/logs/log_service.hpp"
#include "server/meter.hpp"
#include "server/routing/router_config.hpp"
#include "server/routing/router_process.hpp"
#include "server/routing/table_feed.hpp"
#include "server/supervisor/routes.hpp"

namespace davit::routing {

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

  // From now on it serves HTTPS with these, all of them at once.
  void set_certificates(std::vector<router::CertificateEntry> certificates);

  // Told what each dyno served, every few seconds, beside the meter.
  using ServedHandler = std::function<void(const AppId& app, const TrafficFact& traffic)>;
  void on_served(ServedHandler handler) { on_served_ = std::move(handler); }

  void set(const store::App& app, supervisor::WebRoute web,
           std::vector<supervisor::ServedDyno> dynos) override;
  void remove(const AppId& app) override;
  Task<> settled(SteadyTime deadline) override;

 private:
  class Connection;
  Task<Result<>> connect_once();
  Task<> serve(Connection& connection);
  Task<> write_commands(Connection& connection);
  Task<> read_events(Connection& connection);
  Task<> store_lines(router::LogBatch batch, Connection& connection);
  void start_router();
  void greet(router::Hello hello);
  void tell(const std::function<void(const AppId&)>& handler, const std::string& app);
  void count(const AppId& app, const router::LogLine& line);
  void count(const router::Metrics& metrics);
  void handle(router::Event event, Connection& connection);
  std::string certificate_frames();

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
  RouterProcess process_;
  std::uint64_t certificates_version_ = 0;
  bool certificates_due_ = false;  // the router has not been sent the newest
  bool start_failed_ = false;      // the first router that we started ended before it answered
  SteadyTime spawn_not_before_{};
};

}  // namespace davit::routing
