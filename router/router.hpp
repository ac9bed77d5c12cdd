#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "router/control_server.hpp"
#include "router/drain.hpp"
#include "router/options.hpp"
#include "router/predecessor.hpp"
#include "router/quiet_watch.hpp"
#include "router/table_file.hpp"
#include "router/tls/service.hpp"
#include "router/workers.hpp"

namespace davit::router {

// The whole program: the threads that serve, and on the main thread the control socket, the table
// file and the log, so that none of these holds up a request. Built, opened and run on the main
// thread.
class Router final : public ControlHandler {
 public:
  Router(const Clock& clock, Random& random, RouterOptions options);
  ~Router();

  Result<> open();  // errors: an address that is taken, another router
  void run();       // until SIGTERM, SIGINT or Shutdown, and then up to TimeLimits::shutdown

  Hello hello() const override;
  void connected() override;
  std::shared_ptr<const Routes> current_routes() const override { return routes_; }
  void apply(NewTable table) override;
  const tls::Service& tls() const override { return tls_; }
  void apply_certificates(std::uint64_t version, tls::Certificates::Compiled compiled) override;
  void shut_down() override;
  void hand_over() override;

 private:
  Result<> set_up_tls(UniqueFd inherited);
  Result<> listen(std::vector<UniqueFd> inherited);
  void leave(SteadyTime close_idle_at);
  void load_table();
  void start_ticking();
  void want(const std::string& app, const GatePtr& gate);
  void look_for_quiet();
  void switch_to(Routes::Compiled compiled, std::function<void()> done);
  void gather_log_soon();
  void gather_traffic(std::function<void()> done);
  void tell_traffic();
  void traffic_of_predecessor(const Metrics& metrics);
  void end_when_told();
  void close_everything();

  const Clock& clock_;
  RouterOptions options_;
  const std::size_t threads_;
  asio::io_context io_{1};
  asio::thread_pool pool_{2};  // so that a slow disk does not hold up a table
  AccessLog access_log_;
  tls::Service tls_;
  // The newest; threads may still serve by those before.
  std::shared_ptr<const Routes> routes_ = std::make_shared<const Routes>();
  DrainTracker drains_;
  QuietWatch quiet_;
  std::map<std::string, GatePtr> wanted_;  // told since the last table
  TableFile table_file_;
  ControlServer control_;
  Predecessor predecessor_;
  const Capacity capacity_;
  guard::Guard guard_;
  Workers workers_;
  std::vector<std::string> listening_;
  asio::signal_set signals_{io_};
  asio::steady_timer tick_{io_};
  asio::steady_timer gather_{io_};
  bool gathering_ = false;
  TrafficMeter traffic_;  // gathered, and not told yet
  SteadyTime traffic_since_{};
  std::uint64_t ticks_ = 0;
  bool leaving_ = false;
  // Nothing is in flight any more: so long davitd may take to acknowledge the last lines.
  std::optional<SteadyTime> end_at_;
};

}  // namespace davit::router
