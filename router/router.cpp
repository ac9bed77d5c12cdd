#include "router/router.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>

#include "base/log.hpp"
#include "base/time_format.hpp"
#include "router/handover.hpp"

namespace davit::router {
namespace {

// Idle connections are looked at so often, each with a system call; more often where they may not
// be idle for long.
constexpr auto sweep_interval_max = std::chrono::seconds(10);

// How late an app may be found quiet: nobody asks for less than seconds.
constexpr std::uint64_t ticks_per_quiet_look = std::chrono::seconds(1) / TimerWheel::tick;

std::uint64_t ticks_per_sweep(const TimeLimits& times) {
  const auto interval = std::min<TimeLimits::Time>(sweep_interval_max, times.upstream_idle / 4);
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(interval / TimerWheel::tick));
}

std::uint64_t draw_seed(Random& random) {
  const std::string bytes = random.bytes(sizeof(std::uint64_t));
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

// Two descriptors a request; the soft limit is often 1024.
void raise_descriptor_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

Router::Router(const Clock& clock, Random& random, RouterOptions options)
    : clock_(clock),
      options_(std::move(options)),
      access_log_(static_cast<std::uint64_t>(to_micros(clock.wall()))),
      tls_(random),
      worker_(io_, clock, access_log_, {draw_seed(random), options_.times}),
      drains_([this](const std::string& dyno) { predecessor_.drained_here(dyno); }),
      table_file_(io_, pool_, options_.table),
      control_(io_, pool_, access_log_, *this),
      sweep_ticks_(ticks_per_sweep(options_.times)) {
  worker_.wanted = [this](const std::string& app) { want(app); };
}

Router::~Router() { pool_.join(); }

Result<> Router::open() {
  raise_descriptor_limit();
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

// Inherited sockets whose address is none of ours any more are closed.
Result<> Router::listen(std::vector<UniqueFd> inherited) {
  std::map<std::string, UniqueFd> by_address;
  for (UniqueFd& fd : inherited) {
    std::string address = listening_address(fd.get());
    by_address.emplace(std::move(address), std::move(fd));
  }
  tls::Context* context = nullptr;
  if (!options_.listen_tls.empty()) {
    auto made = tls_.make_context();
    if (!made) return std::move(made).error();
    context = *made;
  }
  const auto open = [&](const std::string& address, tls::Context* tls) -> Result<> {
    auto found = by_address.extract(address);
    auto listener = found.empty() ? Listener::open(worker_, address, tls)
                                  : Listener::adopt(worker_, std::move(found.mapped()), tls);
    if (!listener) return std::move(listener).error();
    if (tls != nullptr && worker_.https_port.empty()) worker_.https_port = (*listener)->port();
    listeners_.push_back(std::move(*listener));
    return {};
  };
  for (const std::string& address : options_.listen) DAVIT_TRY(open(address, nullptr));
  for (const std::string& address : options_.listen_tls) DAVIT_TRY(open(address, context));
  return {};
}

void Router::load_table() {
  auto table = table_file_.load();
  if (!table) {
    log::error("starting without a route table", {{"error", table.error().message}});
    return;
  }
  if (!table->has_value()) return;
  auto compiled = Routes::compile(**table, nullptr);
  for (const std::string& problem : compiled.problems)
    log::warning("route table", {{"problem", problem}});
  worker_.routes = std::move(compiled.routes);
  log::info("route table loaded", {{"version", worker_.routes->version()}});
}

void Router::run() {
  for (const auto& listener : listeners_) {
    listener->start();
    log::info("listening", {{"address", listener->name()}});
  }
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
    const SteadyTime now = clock_.steady();
    worker_.wheel.advance(now);
    if (++ticks_ % sweep_ticks_ == 0) worker_.pool.sweep(now, worker_.times.upstream_idle);
    if (ticks_ % ticks_per_quiet_look == 0) {
      look_for_quiet();
      tls_.rotate(now);
    }
    if (worker_.stopping && now >= close_idle_at_) close_idle();
    if (worker_.stopping) finish_when_quiet();
    if (shutdown_at_ == SteadyTime::max()) return;  // everything is closed
    start_ticking();
  });
}

Hello Router::hello() const {
  Hello hello;
  hello.version = protocol_version;
  hello.pid = static_cast<int>(::getpid());
  hello.table_version = worker_.routes->version();
  hello.certificates_version = tls_.version();
  for (const auto& listener : listeners_) hello.listening.push_back(listener->name());
  hello.draining = drains_.draining();
  return hello;
}

void Router::connected() {
  quiet_.tell_again();
  for (const std::string& app : wanted_) {
    if (worker_.parking.size(app) > 0) control_.send(Wanted{app});
  }
}

void Router::want(const std::string& app) {
  if (wanted_.insert(app).second) control_.send(Wanted{app});
}

void Router::look_for_quiet() {
  for (std::string& app : quiet_.look(*worker_.routes, clock_.steady())) {
    control_.send(Quiet{std::move(app)});
  }
}

void Router::apply(std::shared_ptr<const RouteTable> table, Routes::Compiled compiled) {
  for (const std::string& problem : compiled.problems)
    log::warning("route table", {{"problem", problem}});
  const auto before = std::exchange(worker_.routes, std::move(compiled.routes));
  const auto retired = drains_.retire(*before, *worker_.routes);
  for (const TargetPtr& target : retired) {
    worker_.pool.close(target);
    worker_.connector->forget(*target);
  }
  control_.send(Applied{table->version});
  predecessor_.send_table(*table);
  drains_.report_idle(retired);
  wanted_.clear();
  worker_.parking.wake_all();
  // After a hand-over the file is the heir's.
  if (!worker_.stopping) table_file_.save(std::move(table));
}

void Router::apply_certificates(std::uint64_t version, tls::Certificates::Compiled compiled) {
  for (const std::string& problem : compiled.problems)
    log::warning("certificates", {{"problem", problem}});
  tls_.apply(std::move(compiled.certificates));
  control_.send(CertificatesApplied{version, std::move(compiled.problems)});
}

void Router::shut_down() {
  if (worker_.stopping) return;
  log::info("shutting down");
  leave(clock_.steady());
  close_idle();
}

void Router::hand_over() {
  if (worker_.stopping) return;
  std::vector<int> sockets;
  bool has_tls = false;
  for (const auto& listener : listeners_) {
    sockets.push_back(listener->fd());
    has_tls = has_tls || listener->is_tls();
  }
  UniqueFd secrets;
  if (has_tls) {
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
  worker_.stopping = true;
  close_idle_at_ = close_idle_at;
  shutdown_at_ = clock_.steady() + worker_.times.shutdown;
  for (const auto& listener : listeners_) listener->stop();
}

void Router::close_idle() {
  close_idle_at_ = SteadyTime::max();
  for (auto live = worker_.live.begin(); live != worker_.live.end();) (live++)->finish_soon();
}

void Router::finish_when_quiet() {
  const SteadyTime now = clock_.steady();
  if (!worker_.live.empty()) {
    if (now < shutdown_at_) return;
    while (!worker_.live.empty()) worker_.live.front().close_now();
    shutdown_at_ = SteadyTime::max();
  }
  // The last lines get a moment to be stored; a davitd that does not acknowledge them holds nobody
  // up.
  shutdown_at_ = std::min(shutdown_at_, now + limits::shutdown_log_timeout);
  if (now < shutdown_at_ && !control_.is_settled()) return;
  close_everything();
  shutdown_at_ = SteadyTime::max();
}

void Router::close_everything() {
  worker_.pool.close_all();
  worker_.connector->close();
  control_.stop();
  predecessor_.stop();
  signals_.cancel();
}

}  // namespace davit::router
