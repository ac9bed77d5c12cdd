#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "router/control_server.hpp"
#include "router/drain.hpp"
#include "router/listener.hpp"
#include "router/options.hpp"
#include "router/predecessor.hpp"
#include "router/quiet_watch.hpp"
#include "router/table_file.hpp"
#include "router/tls/service.hpp"
#include "router/worker.hpp"

namespace davit::router {

// The whole program: public ports, control socket, table file. Built, opened and run on one thread.
class Router final : public ControlHandler {
 public:
  Router(const Clock& clock, Random& random, RouterOptions options);
  ~Router();

  Result<> open();  // errors: an address that is taken, another router
  void run();       // until SIGTERM, SIGINT or Shutdown, and then up to TimeLimits::shutdown

  Hello hello() const override;
  void connected() override;
  std::shared_ptr<const Routes> current_routes() const override { return worker_.routes; }
  void apply(std::shared_ptr<const RouteTable> table, Routes::Compiled compiled) override;
  const tls::Service& tls() const override { return tls_; }
  void apply_certificates(std::uint64_t version, tls::Certificates::Compiled compiled) override;
  void shut_down() override;
  void hand_over() override;

 private:
  Result<> listen(std::vector<UniqueFd> inherited);
  Result<> set_up_tls(UniqueFd inherited);
  void leave(SteadyTime close_idle_at);
  void close_idle();
  void load_table();
  void start_ticking();
  void want(const std::string& app);
  void look_for_quiet();
  void finish_when_quiet();
  void close_everything();

  const Clock& clock_;
  RouterOptions options_;
  asio::io_context io_{1};
  asio::thread_pool pool_{1};
  AccessLog access_log_;
  tls::Service tls_;
  Worker worker_;
  DrainTracker drains_;
  QuietWatch quiet_;
  std::set<std::string> wanted_;  // told since the last table
  TableFile table_file_;
  ControlServer control_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Predecessor predecessor_{io_,
                           access_log_,
                           {[this](const std::string& dyno) { control_.send(Drained{dyno}); },
                            [this](const std::string& app) { want(app); }}};
  asio::signal_set signals_{io_};
  asio::steady_timer tick_{io_};
  std::uint64_t ticks_ = 0;
  const std::uint64_t sweep_ticks_;
  SteadyTime shutdown_at_{};    // when what still runs is closed
  SteadyTime close_idle_at_{};  // when stopping: when connections without a request are closed
};

}  // namespace davit::router
