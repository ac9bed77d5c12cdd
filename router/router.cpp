#include "router/router.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <csignal>

#include "base/log.hpp"
#include "base/time_format.hpp"
#include "router/handover.hpp"

namespace davit::router {
namespace {

// How late an app may be found quiet: nobody asks for less than seconds.
constexpr std::uint64_t ticks_per_quiet_look = std::chrono::seconds(1) / TimerWheel::tick;

constexpr std::uint64_t ticks_per_traffic = limits::metrics_interval / TimerWheel::tick;

// Two descriptors a request; the soft limit is often 1024.
void raise_descriptor_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

Capacity settle_capacity(Capacity wanted, std::size_t threads) {
  raise_descriptor_limit();
  return Capacity::of(Capacity::this_machine(threads), wanted);
}

}  // namespace

Router::Router(const Clock& clock, Random& random, RouterOptions options)
    : clock_(clock),
      options_(std::move(options)),
      threads_(static_cast<std::size_t>(thread_count(options_.threads))),
      access_log_(static_cast<std::uint64_t>(to_micros(clock.wall()))),
      tls_(random),
      drains_(io_, [this](const std::string& dyno) { predecessor_.drained_here(dyno); }),
      table_file_(io_, pool_, options_.table),
      control_(io_, pool_, access_log_, *this),
      predecessor_(io_, access_log_,
                   {[this](const std::string& dyno) { control_.send(Drained{dyno}); },
                    [this](const std::string& app) { want(app, nullptr); },
                    [this](const Metrics& metrics) { traffic_of_predecessor(metrics); }}),
      capacity_(settle_capacity(options_.capacity, threads_)),
      guard_(std::move(options_.clients), capacity_.connections, random),
      workers_({io_, pool_, clock, random, options_.times, capacity_.share(threads_), guard_},
               threads_,
               {[this] { gather_log_soon(); },
                [this](const std::string& app, const GatePtr& gate) { want(app, gate); }}) {}

Router::~Router() {
  workers_.join();
  pool_.join();
  // Gates and dynos refer to each other.
  routes_->for_each_app([](const App& app) { app.gate->close(); });
}

Result<> Router::open() {
  // A client that hangs up and a terminal that closes are no reason to end.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  std::optional<Inheritance> inherited;
  if (options_.replace) {
    auto taken = take_over(options_.control);
    if (!taken) return std::move(taken).error();
    inherited = std::move(*taken);
  }
  DAVIT_TRY(set_up_tls(inherited ? std::move(inherited->estate.secrets) : UniqueFd()));
  if (!inherited) {
    DAVIT_TRY(control_.open(options_.control));
    DAVIT_TRY(listen({}));
  } else {
    Estate& estate = inherited->estate;
    DAVIT_TRY(control_.adopt(options_.control, std::move(estate.lock), std::move(estate.control)));
    DAVIT_TRY(listen(std::move(estate.public_)));
    predecessor_.start(std::move(inherited->predecessor));
  }
  load_table();
  return {};
}

// Before the ports: an heir's first client must find the certificates.
Result<> Router::set_up_tls(UniqueFd inherited) {
  DAVIT_TRY(tls_.load_files(options_.certificates));
  if (!inherited) return {};
  const auto taken = tls_.from_estate(inherited);
  if (!taken) {
    log::error("certificates not taken over", {{"error", taken.error().message}});
    return {};
  }
  for (const std::string& problem : *taken) log::warning("certificates", {{"problem", problem}});
  return {};
}

Result<> Router::listen(std::vector<UniqueFd> inherited) {
  std::vector<std::string> addresses = options_.listen;
  addresses.insert(addresses.end(), options_.listen_tls.begin(), options_.listen_tls.end());
  auto ports = open_ports(addresses, std::move(inherited), workers_.count());
  if (!ports) return std::move(ports).error();
  for (std::size_t i = 0; i < ports->size(); ++i) {
    Port& port = (*ports)[i];
    port.tls = i >= options_.listen.size();
    listening_.push_back((port.tls ? "https " : "http ") + port.address);
  }
  return workers_.listen(std::move(*ports), tls_);
}

void Router::load_table() {
  auto table = table_file_.load();
  if (!table) {
    log::error("starting without a route table", {{"error", table.error().message}});
    return;
  }
  if (!table->has_value()) return;
  auto compiled = Routes::compile(std::move(**table), *routes_);
  log::info("route table loaded", {{"version", compiled.routes->version()}});
  switch_to(std::move(compiled), [] {});
  table.value().reset();
  ::malloc_trim(0);  // a table as text and as a tree is many times what is left of it
}

void Router::run() {
  for (const std::string& address : listening_) log::info("listening", {{"address", address}});
  log::info("capacity", {{"connections", capacity_.connections}, {"requests", capacity_.requests}});
  workers_.start();
  control_.start();
  boost::system::error_code ignored;
  signals_.add(SIGTERM, ignored);
  signals_.add(SIGINT, ignored);
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) shut_down();
  });
  start_ticking();
  io_.run();
}

void Router::start_ticking() {
  tick_.expires_after(TimerWheel::tick);
  tick_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (++ticks_ % ticks_per_quiet_look == 0) {
      look_for_quiet();
      tls_.rotate(clock_.steady());
    }
    if (ticks_ % ticks_per_traffic == 0 && !end_at_) gather_traffic([] {});
    if (end_at_) return end_when_told();
    start_ticking();
  });
}

Hello Router::hello() const {
  Hello hello;
  hello.version = protocol_version;
  hello.pid = static_cast<int>(::getpid());
  hello.table_version = routes_->version();
  hello.certificates_version = tls_.version();
  hello.listening = listening_;
  hello.draining = drains_.draining();
  return hello;
}

void Router::connected() {
  quiet_.tell_again();
  for (const auto& [app, gate] : wanted_) {
    if (gate && gate->held() > 0) control_.send(Wanted{app});
  }
}

void Router::want(const std::string& app, const GatePtr& gate) {
  const auto [entry, is_new] = wanted_.try_emplace(app, gate);
  if (!entry->second) entry->second = gate;  // it was wanted of the old router only
  if (is_new) control_.send(Wanted{app});
}

void Router::look_for_quiet() {
  for (std::string& app : quiet_.look(*routes_, clock_.steady())) {
    control_.send(Quiet{std::move(app)});
  }
}

void Router::apply(NewTable next) {
  wanted_.clear();
  const std::uint64_t version = next.compiled.routes->version();
  switch_to(std::move(next.compiled), [this, version] { control_.send(Applied{version}); });
  predecessor_.send_table(routes_, next.change.get());
  // After a hand-over the file is the heir's.
  if (!leaving_) table_file_.save(routes_);
}

// `done` when no thread begins a request on a dyno that is not in it.
void Router::switch_to(Routes::Compiled compiled, std::function<void()> done) {
  for (const std::string& problem : compiled.problems)
    log::warning("route table", {{"problem", problem}});
  routes_ = std::move(compiled.routes);
  drains_.leave(compiled.left);
  // First the gates: what they give from now on is in the new table.
  const SteadyTime now = clock_.steady();
  for (const AppPtr& app : compiled.changed) {
    app->gate->open(std::shared_ptr<const DynoSet>(app, &app->dynos), now);
  }
  for (const AppPtr& app : compiled.gone) app->gate->close();
  std::vector<TargetPtr> targets;
  for (const Routes::Left& left : compiled.left) targets.push_back(left.target);
  workers_.serve_by(routes_, std::move(targets),
                    [this, left = std::move(compiled.left), done = std::move(done)] {
                      done();
                      drains_.retire(left);
                    });
}

void Router::gather_log_soon() {
  if (std::exchange(gathering_, true)) return;
  gather_.expires_after(limits::log_gather_delay);
  gather_.async_wait([this](const boost::system::error_code& error) {
    gathering_ = false;
    if (!error) workers_.gather_log(access_log_);
  });
}

void Router::gather_traffic(std::function<void()> done) {
  if (traffic_.empty()) traffic_since_ = clock_.steady();
  workers_.gather_traffic([this](const TrafficMeter::ByApp& traffic) { traffic_.merge(traffic); },
                          [this, done = std::move(done)] {
                            tell_traffic();
                            done();
                          });
}

void Router::traffic_of_predecessor(const Metrics& metrics) {
  for (const AppTraffic& app : metrics.apps) traffic_.merge({{app.app, app.traffic}});
}

// And how much every app has in flight now.
void Router::tell_traffic() {
  if (!control_.peer_speaks(changes_version)) {
    if (clock_.steady() - traffic_since_ > limits::metrics_kept) traffic_.take();
    return;
  }
  auto traffic = traffic_.take();
  Metrics metrics;
  const auto send = [&](AppTraffic app) {
    metrics.apps.push_back(std::move(app));
    if (metrics.apps.size() >= limits::metrics_apps_per_message) {
      control_.send(std::exchange(metrics, {}));
    }
  };
  routes_->for_each_app([&](const App& app) {
    AppTraffic told{app.settings.app, app.gate->held(), {}};
    for (const TargetPtr& dyno : app.dynos.all()) {
      told.in_flight += dyno->places() + dyno->tunnels();
    }
    if (auto served = traffic.extract(told.app)) told.traffic = std::move(served.mapped());
    if (told.in_flight > 0 || !told.traffic.empty()) send(std::move(told));
  });
  // Of apps that have left the table meanwhile.
  for (auto& [name, served] : traffic) send({name, 0, std::move(served)});
  if (!metrics.apps.empty()) control_.send(std::move(metrics));
}

void Router::apply_certificates(std::uint64_t version, tls::Certificates::Compiled compiled) {
  for (const std::string& problem : compiled.problems)
    log::warning("certificates", {{"problem", problem}});
  tls_.apply(std::move(compiled.certificates));
  control_.send(CertificatesApplied{version, std::move(compiled.problems)});
}

void Router::shut_down() {
  if (leaving_) return;
  log::info("shutting down");
  leave(clock_.steady());
}

void Router::hand_over() {
  if (leaving_) return;
  std::vector<int> sockets = workers_.sockets();
  UniqueFd secrets;
  if (!options_.listen_tls.empty()) {
    auto made = tls_.to_estate();
    if (!made) return log::error("not handed over", {{"error", made.error().message}});
    secrets = std::move(*made);
    sockets.push_back(secrets.get());
  }
  if (const auto passed = control_.pass_on(sockets); !passed) {
    log::error("not handed over", {{"error", passed.error().message}});
    return;
  }
  log::info("handed over; requests in flight are finished");
  leave(clock_.steady() + limits::handover_linger);
}

void Router::leave(SteadyTime close_idle_at) {
  leaving_ = true;
  workers_.leave({close_idle_at, clock_.steady() + options_.times.shutdown}, [this] {
    gather_traffic([this] {
      // The last lines get a moment to be stored; a davitd that does not acknowledge them holds
      // nobody up.
      end_at_ = clock_.steady() + limits::shutdown_log_timeout;
      end_when_told();
    });
  });
}

void Router::end_when_told() {
  workers_.gather_log(access_log_);
  if (clock_.steady() < *end_at_ && !control_.is_settled()) return start_ticking();
  workers_.join();
  tick_.cancel();
  gather_.cancel();
  table_file_.finish();
  control_.stop();
  predecessor_.stop();
  signals_.cancel();
}

}  // namespace davit::router
