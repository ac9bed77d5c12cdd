#include "server/routing/router_link.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/race.hpp"
#include "base/time_format.hpp"
#include "server/routing/app_route.hpp"

namespace davit::routing {
namespace {

using boost::system::error_code;
constexpr auto retry_delay = std::chrono::milliseconds(100);
constexpr auto spawn_pause =
    std::chrono::seconds(2);  // a router that dies at once must not eat the CPU

TrafficFact::Drawn drawn_of(const router::Traffic& traffic) {
  TrafficFact::Drawn drawn;
  for (std::size_t digit = 0; digit < traffic.statuses.size(); ++digit) {
    const std::uint64_t pinned = std::min(traffic.pinned[digit], traffic.statuses[digit]);
    drawn.requests += traffic.statuses[digit] - pinned;
    if (digit == 5) drawn.failed = traffic.statuses[digit] - pinned;
  }
  return drawn;
}

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
      process_(services.executor, config_),
      certificates_version_(static_cast<std::uint64_t>(to_micros(services.clock.wall()))) {}

RouterLink::~RouterLink() = default;

void RouterLink::set(const store::App& app, supervisor::WebRoute web,
                     std::vector<supervisor::ServedDyno> dynos) {
  const RouteWords words{config_.domain, config_.dyno_sockets,
                         hello_ ? hello_->version : router::protocol_version};
  auto route = app_route(app, std::move(web), dynos, words);
  if (feed_.set(app.id, std::move(route))) news_.notify_all();
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

Task<> RouterLink::settled(SteadyTime deadline) {
  const std::uint64_t wanted = feed_.version() + (feed_.stale() ? 1 : 0);
  bool in_time = true;
  while (in_time && applied_version_ < wanted) in_time = co_await news_.wait_until(deadline);
}

Task<> RouterLink::run() {
  asio::steady_timer timer(services_.executor);
  for (;;) {
    const auto connected = co_await connect_once();
    if (!connected) start_router();
    timer.expires_after(retry_delay);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// Nobody listens: start one, where that is our job.
void RouterLink::start_router() {
  const SteadyTime now = services_.clock.steady();
  if (process_.was_started() && process_.ended() && !hello_) {
    start_failed_ = true;
    news_.notify_all();
  }
  if (!process_.is_ours() || now < spawn_not_before_) return;
  spawn_not_before_ = now + spawn_pause;
  const auto spawned = process_.spawn(RouterProcess::Start::first);
  if (!spawned) log::error("router not started", {{"error", spawned.error().message}});
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
    if (connection.greeted && std::exchange(certificates_due_, false)) {
      connection.outbox += certificate_frames();
    }
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
      if (auto* batch = std::get_if<router::LogBatch>(&*event)) {
        co_await store_lines(std::move(*batch), connection);
      } else {
        handle(std::move(*event), connection);
      }
    }
  }
}

void RouterLink::handle(router::Event event, Connection& connection) {
  if (auto* hello = std::get_if<router::Hello>(&event)) {
    connection.greeted = true;
    // Also those that it has already: they may be of an earlier davitd with other files.
    certificates_due_ = true;
    greet(std::move(*hello));
  } else if (const auto* applied = std::get_if<router::Applied>(&event)) {
    applied_version_ = applied->table_version;
    news_.notify_all();
  } else if (const auto* taken = std::get_if<router::CertificatesApplied>(&event)) {
    for (const std::string& problem : taken->problems)
      log::warning("router certificates", {{"problem", problem}});
  } else if (const auto* need = std::get_if<router::NeedTable>(&event)) {
    log::warning("the router lost track of its table",
                 {{"has", need->table_version}, {"sent", feed_.version()}});
    feed_.start_over();
    news_.notify_all();
  } else if (const auto* metrics = std::get_if<router::Metrics>(&event)) {
    count(*metrics);
  } else if (const auto* quiet = std::get_if<router::Quiet>(&event)) {
    tell(on_quiet_, quiet->app);
  } else if (const auto* wanted = std::get_if<router::Wanted>(&event)) {
    tell(on_wanted_, wanted->app);
  } else if (const auto* drained = std::get_if<router::Drained>(&event)) {
    on_drained_(drained->dyno);
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
      fact.drawn = drawn_of(each);
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
  process_.keep_ports(hello);
  hello_ = std::move(hello);
  news_.notify_all();
}

void RouterLink::set_certificates(std::vector<router::CertificateEntry> certificates) {
  config_.certificates = std::move(certificates);
  ++certificates_version_;
  certificates_due_ = true;
  news_.notify_all();
}

std::string RouterLink::certificate_frames() {
  if (!process_.has_https()) return {};
  if (hello_->version < router::certificates_version) {
    log::warning("this router knows no HTTPS; the one that takes its place will");
    return {};
  }
  const router::CertificateSet set{certificates_version_, config_.certificates};
  if (hello_->version < router::certificate_parts_version) {
    return router::encode(router::Command(router::SetCertificates{set}));
  }
  std::string frames;
  for (auto& part : router::in_parts(set, limits::frame_bytes_max / 2)) {
    frames += router::encode(router::Command(std::move(part)));
  }
  return frames;
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

Task<Result<int>> RouterLink::upgrade(SteadyTime deadline) {
  const int old = hello_->pid;
  if (!process_.is_outdated(*hello_)) co_return old;
  log::info("the router's program or ports were changed; a new one takes over", {{"old_pid", old}});
  DAVIT_CO_TRY(process_.spawn(RouterProcess::Start::heir));
  while (hello_->pid == old) {
    const bool in_time = co_await news_.wait_until(deadline);
    if (!in_time) co_return fail(Errc::timeout, "the new router did not take over in time");
  }
  DAVIT_CO_TRY(co_await applied(deadline));
  co_return hello_->pid;
}

Task<Result<router::Hello>> RouterLink::first_hello(SteadyTime deadline) {
  while (!hello_) {
    if (start_failed_) {
      co_return fail(
          Errc::unavailable,
          "davit-router could not start (its own message is above); is '{}' free, and are "
          "router.arguments of the configuration file right?",
          process_.addresses());
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
