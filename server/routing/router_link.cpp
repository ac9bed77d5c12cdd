#include "server/routing/router_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/ranges.h>

#include "base/door.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/race.hpp"
#include "base/time_format.hpp"

namespace davit::routing {
namespace {

using boost::system::error_code;
constexpr auto retry_delay = std::chrono::milliseconds(100);
// Which file a path leads to now.
std::optional<std::string> identity_of(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return std::nullopt;
  return fmt::format("{}:{}", file.st_dev, file.st_ino);
}

constexpr auto spawn_pause =
    std::chrono::seconds(2);  // a router that dies at once must not eat the CPU

}  // namespace

class RouterLink::Connection {
 public:
  explicit Connection(asio::any_io_executor executor)
      : socket(executor), decoder(limits::frame_bytes_max) {}
  asio::local::stream_protocol::socket socket;
  FrameDecoder decoder;
  std::string outbox;  // one writer empties it, so that frames never mix
  bool greeted = false;
};

RouterLink::RouterLink(Services services, RouterConfig config)
    : services_(services),
      config_(std::move(config)),
      feed_({config_.control_hosts, {"unix:" + config_.api_socket}}),
      news_(services.executor),
      reaper_(services.executor) {}

RouterLink::~RouterLink() = default;

void RouterLink::set(const store::App& app, supervisor::WebRoute web,
                     std::vector<supervisor::ServedDyno> dynos) {
  router::AppRoute route;
  route.app = app.name.str();
  route.hosts = {app.name.str() + "." + config_.domain};
  route.maintenance = app.maintenance;
  if (app.paused_until) route.paused_until_ms = to_micros(*app.paused_until) / 1000;
  route.json_log = web.json_log;
  route.error_page = web.pages.error;
  route.maintenance_page = web.pages.maintenance;
  route.state = state_of(web.state);
  route.quiet_after_ms = web.quiet_after.count();
  route.id = app.id.str();
  route.concurrency = web.routing.concurrency;
  route.policy = router::parse_policy(web.routing.policy).value_or(router::Policy::least);
  if (web.routing.affinity) route.affinity_key = web.routing.affinity_key;
  route.https_redirect = web.routing.https_redirect;
  route.hsts_seconds = web.routing.hsts_seconds;
  for (const auto& dyno : dynos) {
    router::DynoRoute entry;
    entry.id = dyno.id.str();
    entry.name = dyno.name.str();
    entry.endpoint = {endpoint_of(dyno)};
    entry.weight = dyno.weight;
    route.dynos.push_back(std::move(entry));
  }
  if (feed_.set(app.id, std::move(route))) news_.notify_all();
}

router::AppState RouterLink::state_of(supervisor::WebState state) const {
  switch (state) {
    case supervisor::WebState::serving: return router::AppState::serving;
    case supervisor::WebState::starting: return router::AppState::starting;
    case supervisor::WebState::crashed: return router::AppState::crashed;
    case supervisor::WebState::asleep: break;
  }
  // An older router would refuse the whole table for a word that it does not know.
  const bool knows = !hello_ || hello_->version >= router::sleep_version;
  return knows ? router::AppState::asleep : router::AppState::starting;
}

std::string RouterLink::endpoint_of(const supervisor::ServedDyno& dyno) const {
  if (!dyno.isolated) return fmt::format("127.0.0.1:{}", dyno.port);
  return fmt::format("dyno:{}/{}{}", config_.dyno_sockets, dyno.id.str(), door::file_suffix);
}

void RouterLink::remove(const AppId& app) {
  if (feed_.remove(app)) news_.notify_all();
}

void RouterLink::enable() {
  enabled_ = true;
  news_.notify_all();
}

Task<Result<>> RouterLink::applied(SteadyTime deadline) {
  while (feed_.stale() || applied_version_ != feed_.version()) {
    const bool in_time = co_await news_.wait_until(deadline);
    if (!in_time) co_return fail(Errc::timeout, "the router did not take the route table in time");
  }
  co_return Result<>();
}

Task<> RouterLink::run() {
  asio::steady_timer timer(services_.executor);
  for (;;) {
    const auto connected = co_await connect_once();
    if (!connected) {
      // Nobody listens: start one, where that is our job.
      const SteadyTime now = services_.clock.steady();
      if (child_ && child_ended() && !hello_) {
        start_failed_ = true;
        news_.notify_all();
      }
      if (!config_.program.empty() && now >= spawn_not_before_) {
        spawn_not_before_ = now + spawn_pause;
        const auto spawned = spawn_router(Start::first);
        if (!spawned) log::error("router not started", {{"error", spawned.error().message}});
      }
    }
    timer.expires_after(retry_delay);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// One connection from start to end; an error when it could not be made.
Task<Result<>> RouterLink::connect_once() {
  Connection connection(services_.executor);
  error_code ec;
  const asio::local::stream_protocol::endpoint endpoint(config_.control_socket);
  co_await connection.socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return fail(Errc::unavailable, "router: {}", ec.message());
  co_await serve(connection);
  log::warning("router connection lost");
  co_return Result<>();
}

Task<> RouterLink::serve(Connection& connection) {
  feed_.start_over();
  std::vector<Task<>> tasks;
  tasks.push_back(read_events(connection));
  tasks.push_back(write_commands(connection));
  const auto ended = co_await race(std::move(tasks));
  if (const auto& failure = ended.failures[ended.first]) std::rethrow_exception(failure);
}

Task<> RouterLink::write_commands(Connection& connection) {
  for (;;) {
    if (enabled_ && feed_.stale() && connection.greeted) {
      const router::Command command = feed_.next(hello_->version);
      connection.outbox += router::encode(command);
    }
    if (connection.outbox.empty()) {
      co_await news_.wait();
      continue;
    }
    const std::string frame = std::exchange(connection.outbox, {});
    error_code ec;
    co_await asio::async_write(connection.socket, asio::buffer(frame),
                               asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return;
  }
}

Task<> RouterLink::read_events(Connection& connection) {
  std::string part(64 * 1024, '\0');
  for (;;) {
    error_code ec;
    const std::size_t got = co_await connection.socket.async_read_some(
        asio::buffer(part), asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return;
    connection.decoder.feed(std::string_view(part).substr(0, got));
    for (;;) {
      auto frame = connection.decoder.next();
      if (!frame) {
        log::error("router sent a broken frame", {{"error", frame.error().message}});
        co_return;
      }
      if (!*frame) break;
      auto event = router::decode_event(std::move(**frame));
      if (!event) {
        log::error("router sent a broken event", {{"error", event.error().message}});
        co_return;
      }
      if (auto* hello = std::get_if<router::Hello>(&*event)) {
        connection.greeted = true;
        greet(std::move(*hello));
        send_certificates(connection);
      }
      if (const auto* applied = std::get_if<router::Applied>(&*event)) {
        applied_version_ = applied->table_version;
        news_.notify_all();
      }
      if (const auto* taken = std::get_if<router::CertificatesApplied>(&*event)) {
        for (const std::string& problem : taken->problems)
          log::warning("router certificates", {{"problem", problem}});
      }
      if (const auto* need = std::get_if<router::NeedTable>(&*event)) {
        log::warning("the router lost track of its table",
                     {{"has", need->table_version}, {"sent", feed_.version()}});
        feed_.start_over();
        news_.notify_all();
      }
      if (const auto* metrics = std::get_if<router::Metrics>(&*event)) count(*metrics);
      if (const auto* quiet = std::get_if<router::Quiet>(&*event)) tell(on_quiet_, quiet->app);
      if (const auto* wanted = std::get_if<router::Wanted>(&*event)) tell(on_wanted_, wanted->app);
      if (auto* drained = std::get_if<router::Drained>(&*event)) on_drained_(drained->dyno);
      if (auto* batch = std::get_if<router::LogBatch>(&*event)) {
        co_await store_lines(std::move(*batch), connection);
      }
    }
  }
}

void RouterLink::tell(const std::function<void(const AppId&)>& handler, const std::string& app) {
  const AppId* const found = feed_.find(app);
  if (found == nullptr || !handler) return;
  const AppId id = *found;
  handler(id);
}

// A connection that broke has its unacknowledged lines sent again.
void RouterLink::count(const AppId& app, const router::LogLine& line) {
  if (line.sequence <= counted_) return;
  counted_ = line.sequence;
  if (services_.meter == nullptr || line.status == 0) return;
  // A router that tells its traffic has counted its own lines; those of an old one whose place it
  // took are counted here.
  if (line.origin.empty() && hello_->version >= router::changes_version) return;
  services_.meter->requested(app, {line.status, line.service_ms, line.queue_ms});
}

void RouterLink::count(const router::Metrics& metrics) {
  for (const router::AppTraffic& told : metrics.apps) {
    const AppId* const app = feed_.find(told.app);
    if (app == nullptr) continue;  // destroyed meanwhile
    if (services_.meter != nullptr) services_.meter->in_flight(*app, told.in_flight);
    for (const router::Traffic& each : told.traffic) {
      TrafficFact fact;
      if (auto name = DynoName::parse(each.dyno)) fact.dyno = std::move(*name);
      fact.statuses = each.statuses;
      fact.service = each.service;
      fact.queue = each.queue;
      fact.bytes_in = each.bytes_in;
      fact.bytes_out = each.bytes_out;
      if (on_served_) on_served_(*app, fact);
      if (services_.meter != nullptr) services_.meter->served(*app, fact);
    }
  }
}

void RouterLink::greet(router::Hello hello) {
  feed_.begin_after(hello.table_version);
  // Sequence numbers start anew with each router process.
  const std::string before = std::exchange(stream_, router::stream_name(hello.pid));
  if (stream_ != before) counted_ = 0;
  log::info("router connected", {{"pid", hello.pid}});
  keep_ports(hello);
  hello_ = std::move(hello);
  news_.notify_all();
}

// Also those that it has already: they may be of an earlier davitd with other files.
void RouterLink::send_certificates(Connection& connection) {
  if (config_.https_listen.empty()) return;
  if (hello_->version < router::certificates_version) {
    return log::warning("this router knows no HTTPS; the one that takes its place will");
  }
  const router::Command command = router::SetCertificates{config_.certificates};
  connection.outbox += router::encode(command);
  news_.notify_all();
}

bool RouterLink::serves_https(const router::Hello& hello) const {
  return config_.https_listen.empty() ||
         std::any_of(hello.listening.begin(), hello.listening.end(),
                     [](const std::string& name) { return name.starts_with("https "); });
}

// A router that is started again must be found where the first one was, also when the system chose
// the port.
void RouterLink::keep_ports(const router::Hello& hello) {
  const auto keep = [&hello](std::string_view scheme, std::vector<std::string>& configured) {
    std::vector<std::string> addresses;
    for (const std::string& listening : hello.listening) {
      if (listening.starts_with(scheme)) addresses.push_back(listening.substr(scheme.size()));
    }
    if (addresses.size() == configured.size()) configured = std::move(addresses);
  };
  keep("http ", config_.listen);
  keep("https ", config_.https_listen);
}

Task<> RouterLink::store_lines(router::LogBatch batch, Connection& connection) {
  // What the router kept while davitd was away comes right after its greeting: before we know whose
  // lines they are.
  while (!enabled_) co_await news_.wait();
  std::vector<logs::Line> lines;
  std::uint64_t last = 0;
  for (auto& from_router : batch.lines) {
    last = from_router.sequence;
    const AppId* const app = feed_.find(from_router.app);
    if (app == nullptr) continue;  // destroyed meanwhile
    count(*app, from_router);
    logs::Line line;
    line.app = *app;
    line.at = from_micros(from_router.at_micros);
    line.source = logs::Source::heroku;
    line.process = "router";
    line.text = std::move(from_router.text);
    const bool own = from_router.origin.empty();
    line.stream = own ? stream_ : std::move(from_router.origin);
    line.position = own ? from_router.sequence : from_router.origin_sequence;
    lines.push_back(std::move(line));
  }
  if (batch.dropped > 0) log::warning("router log lines lost", {{"count", batch.dropped}});
  co_await services_.logs.append(std::move(lines));
  if (last == 0) co_return;
  const router::Command ack = router::AckLog{last};
  connection.outbox += router::encode(ack);
  news_.notify_all();
}

// Reaps the router that we started, if it has ended; false while it runs.
bool RouterLink::child_ended() {
  if (!child_) return true;
  pollfd exit{child_->pidfd(), POLLIN, 0};
  if (::poll(&exit, 1, 0) != 1) return false;
  const auto code = child_->wait();
  log::warning("router ended", {{"status", code ? *code : -1}});
  child_.reset();
  return true;
}

Task<Result<int>> RouterLink::upgrade(SteadyTime deadline) {
  const int old = hello_->pid;
  const auto installed = identity_of(config_.program);
  const auto running = identity_of(fmt::format("/proc/{}/exe", old));
  // Under systemd the program is not ours to start.
  if (!installed || !running) co_return old;
  if (*installed == *running && serves_https(*hello_)) co_return old;
  log::info("the router's program or ports were changed; a new one takes over", {{"old_pid", old}});
  if (child_) reaper_.watch(std::move(*child_));
  child_.reset();
  DAVIT_CO_TRY(spawn_router(Start::heir));
  while (hello_->pid == old) {
    const bool in_time = co_await news_.wait_until(deadline);
    if (!in_time) co_return fail(Errc::timeout, "the new router did not take over in time");
  }
  DAVIT_CO_TRY(co_await applied(deadline));
  co_return hello_->pid;
}

Result<> RouterLink::spawn_router(Start start) {
  if (!child_ended()) return {};  // it is still on its way up
  UniqueFd own_stderr(::fcntl(2, F_DUPFD_CLOEXEC, 3));
  ProcessOptions options;
  options.argv = {config_.program, "--control", config_.control_socket, "--table",
                  config_.table_file};
  for (const auto& address : config_.listen) {
    options.argv.push_back("--listen");
    options.argv.push_back(address);
  }
  for (const auto& address : config_.https_listen) {
    options.argv.push_back("--listen-tls");
    options.argv.push_back(address);
  }
  if (start == Start::heir) options.argv.push_back("--replace");
  options.argv.insert(options.argv.end(), config_.arguments.begin(), config_.arguments.end());
  options.env = current_environment();
  options.new_session = true;  // outlives us and our terminal
  options.stderr_fd = own_stderr.get();
  auto process = Process::spawn(options);
  if (!process) return std::move(process).error();
  log::info("router started", {{"pid", process->pid()}});
  child_.emplace(std::move(*process));
  return {};
}

Task<Result<router::Hello>> RouterLink::first_hello(SteadyTime deadline) {
  while (!hello_) {
    if (start_failed_) {
      co_return fail(
          Errc::unavailable,
          "davit-router could not start (its own message is above); is '{}' free, and are "
          "router.arguments of the configuration file right?",
          fmt::format("{}", fmt::join(config_.listen, ", ")));
    }
    const bool in_time = co_await news_.wait_until(deadline);
    if (!in_time) {
      co_return fail(Errc::unavailable,
                     "the router did not answer on '{}'; its messages are in the log",
                     config_.control_socket);
    }
  }
  co_return *hello_;
}

}  // namespace davit::routing
