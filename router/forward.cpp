#include "router/forward.hpp"

#include "base/time_format.hpp"
#include "router/forward_bind.hpp"
#include "router/http/chars.hpp"
#include "router/http/head_writer.hpp"

namespace davit::router {
namespace {

std::int64_t millis_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

// RFC 9110 9.2.2.
bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
         method == "PUT" || method == "DELETE";
}

// Everything a client sent before us, and the client. Only for the log: cut where someone made it
// long.
void set_forwarded_for(const http::RequestHead& head, std::string_view client, std::string& out) {
  out.clear();
  for (const http::Header& header : head.headers.all()) {
    if (header.kind != http::HeaderKind::forwarded_for) continue;
    if (out.size() + header.value.size() > 200) break;
    out.append(header.value).append(", ");
  }
  out.append(client);
}

}  // namespace

Forward::Forward(ClientSide& client) : client_(client), worker_(client.worker()) {}

void Forward::start(std::size_t head_bytes) {
  request_ = Request();
  response_ = Response();
  record_.clear();
  trailers_.clear();
  tried_.clear();
  tries_ = 0;
  last_refusal_ = HCode::h21;
  fresh_only_ = false;
  retry_at_ = {};
  request_.started = last_activity_ = worker_.clock.steady();
  take_head(head_bytes);
  if (!take_body()) return refuse_body();
  up_.prepend({worker_.head_out.data(), request_.sent_bytes});
  request_.sent_bytes = 0;
  client_.set_deadline(deadline());
  dispatch();
}

// Copies what outlives the head's buffer, and leaves the rewritten head in worker.head_out, its
// size in sent_bytes.
void Forward::take_head(std::size_t head_bytes) {
  const http::RequestHead& head = worker_.request_head;
  request_.body = head.body;
  request_.left = head.content_length;
  request_.minor = head.minor;
  request_.keep_alive = head.keep_alive;
  request_.is_head = head.is_head;
  request_.idempotent = is_idempotent(head.method);
  request_.wants_upgrade = head.wants_upgrade;
  request_.expects_continue = head.expect_continue && head.body != http::BodyKind::none;
  request_.accepts_json = head.accepts_json;
  record_.method = head.method;
  record_.path = head.target.substr(0, limits::log_path_bytes_max);
  record_.minor = head.minor;
  record_.http2 = client_.client().http2;
  if (const tls::Peer* peer = client_.client().tls) record_.tls_version = peer->version;
  for (const char c : head.host) record_.host += http::to_lower(c);
  if (head.request_id.empty()) {
    record_.request_id.resize(36);
    worker_.random.uuid(std::span<char, 36>(record_.request_id.data(), 36));
  } else {
    record_.request_id = head.request_id;
  }
  if (worker_.routes->any_affinity()) take_token(head);
  const Client& client = client_.client();
  set_forwarded_for(head, client.address, record_.forwarded_for);
  const http::ForwardInfo info{
      client.address,     client.tls != nullptr ? "https" : "http", client.port,
      record_.request_id, to_micros(worker_.clock.wall()) / 1000,   client.http2 ? "2.0" : "1.1"};
  request_.sent_bytes = http::write_request(head, info, worker_.head_out);
  client_.input().consume(head_bytes);
}

void Forward::take_token(const http::RequestHead& head) {
  for (const http::Header& header : head.headers.all()) {
    if (!http::equals_ignoring_case(header.name, "cookie")) continue;
    const std::string_view token = find_affinity_token(header.value);
    if (token.empty()) continue;
    request_.token_chars = token.copy(request_.token.data(), request_.token.size());
    return;
  }
}

// The cookie that names the dyno which answers, where the client does not have it yet.
std::string Forward::affinity_line() const {
  if (!worker_.routes->any_affinity() || request_.for_control) return {};
  const auto match = worker_.routes->find(record_.host);
  if (!match.app || !match.app->affinity()) return {};
  const std::string_view token = match.app->dynos.token_of(*in_flight_.target());
  const std::string_view had(request_.token.data(), request_.token_chars);
  return token.empty() || token == had ? std::string()
                                       : affinity_header(token, client_.client().tls != nullptr);
}

void Forward::dispatch() {
  const auto match = worker_.routes->find(record_.host);
  if (!match) return fail(HCode::unknown_host);
  if (match.app) return dispatch_to_app(*match.app);
  request_.for_control = true;
  if (tries_ > 0) return fail(HCode::control_down);
  use(InFlight::on(*match.control));
}

void Forward::dispatch_to_app(const App& app) {
  record_.app = app.settings.app;
  record_.as_json = app.settings.json_log;
  if (const HCode code = misdirected(); code != HCode::none) return fail(code);
  const bool plain = client_.client().tls == nullptr;
  if (app.settings.https_redirect && plain && !worker_.https_port.empty()) {
    return redirect_to_https();
  }
  request_.hsts_seconds = app.settings.hsts_seconds;
  if (app.settings.maintenance) return fail(HCode::h80);
  if (is_paused(app)) return pause(app);
  if (app.dynos.empty()) {
    switch (app.settings.state) {
      case AppState::asleep: worker_.wanted(app); return park(app);
      case AppState::starting: return park(app);
      case AppState::crashed: return fail(HCode::h10);
      case AppState::serving: return fail(HCode::h14);
    }
  }
  if (tries_ >= limits::connect_tries_max) return fail(last_refusal_);
  const Target* const only = preferred(app);
  const Wish wish{worker_.clock.steady(), tried_, worker_.random, 0, only};
  if (auto place = app.gate->enter(app.dynos, wish)) return use(std::move(*place));
  // All are full, or have refused lately: maybe one comes back, or the table changes.
  tried_.clear();
  queue(app, only);
}

void Forward::park(const App& app) {
  request_.waited = true;
  if (!app.gate->hold()) return fail(HCode::h11);
  gate_ = app.gate;
  phase_ = Phase::parked;
  retry_at_ = SteadyTime::max();
  worker_.parking.park(*this);
  client_.set_deadline(deadline());
}

bool Forward::is_paused(const App& app) const {
  return app.settings.paused_until_ms > 0 && app.paused_until() > worker_.clock.wall();
}

void Forward::pause(const App& app) {
  park(app);
  if (phase_ != Phase::parked) return;
  const auto left = app.paused_until() - worker_.clock.wall();
  retry_at_ = worker_.clock.steady() + std::chrono::duration_cast<SteadyTime::duration>(left);
  client_.set_deadline(deadline());
}

void Forward::queue(const App& app, const Target* only) {
  request_.waited = true;
  if (!app.gate->hold()) return fail(HCode::h11);
  gate_ = app.gate;
  phase_ = Phase::queued;
  const SteadyTime now = worker_.clock.steady();
  only_until_ = only != nullptr ? now + limits::affinity_wait : SteadyTime::max();
  worker_.parking.park(*this);
  look_again();
  const auto rank = request_.had_place ? Gate::Rank::had_a_place : Gate::Rank::newcomer;
  gate_->join(*this, rank, only, now);
}

// When to do so next, and whom to blame if it is for nothing.
void Forward::look_again() {
  const SteadyTime now = worker_.clock.steady();
  const auto match = worker_.routes->find(record_.host);
  const SteadyTime release = match.app ? first_release(match.app->dynos.all(), now) : now;
  request_.all_refuse = release > now;
  const SteadyTime soon = now + TimerWheel::tick;
  retry_at_ = std::min({now + limits::queue_look, std::max(release, soon), only_until_});
  if (!request_.all_refuse) retry_at_ = std::min(now + limits::queue_look, only_until_);
  client_.set_deadline(deadline());
}

void Forward::leave_queue() {
  if (!gate_) return;
  Parked::unlink();
  gate_->withdraw(*this);
  gate_->let_go();
  gate_.reset();
  phase_ = Phase::idle;
}

void Forward::on_place() { worker_.places.put(*this); }
void Forward::off_place() { worker_.places.take_out(*this); }

void Forward::on_placed() {
  const ClientSide::Ptr hold(&client_);
  InFlight place = take_place();
  leave_queue();
  if (!place.target()->leaving.load()) return use(std::move(place));
  // The table has changed while the place was on its way.
  place.release();
  dispatch();
}

void Forward::on_wake() {
  const ClientSide::Ptr hold(&client_);
  if (!waits()) return;
  const auto match = worker_.routes->find(record_.host);
  const bool same = match.app && match.app->gate == gate_ && !match.app->settings.maintenance &&
                    !is_paused(*match.app);
  // Whoever brought the table has served the queue: who is still in it keeps its turn.
  if (phase_ == Phase::queued && same && !match.app->dynos.empty()) {
    return worker_.parking.park(*this);
  }
  leave_queue();
  dispatch();
}

// By the cookie; nobody where that dyno is gone or takes no connections.
const Target* Forward::preferred(const App& app) const {
  if (!app.affinity() || request_.token_chars == 0 || tries_ > 0) return nullptr;
  const Target* const target = app.dynos.by_token({request_.token.data(), request_.token_chars});
  if (target == nullptr || target->quarantined_until() > worker_.clock.steady()) return nullptr;
  return target;
}

void Forward::use(InFlight place) {
  in_flight_ = std::move(place);
  const TargetPtr target = in_flight_.target();
  request_.had_place = true;
  record_.dyno = target->name;
  connect_started_ = worker_.clock.steady();
  if (!fresh_only_) {
    if (auto pooled = worker_.pool.take(target)) return attach(std::move(*pooled), true);
  }
  connect(target);
}

void Forward::connect(const TargetPtr& target) {
  ++tries_;
  tried_.add(*target);
  phase_ = Phase::connecting;
  attempt_ = ++worker_.last_attempt;
  worker_.connector->connect(
      *target, [client = ClientSide::Ptr(&client_), attempt = attempt_](ConnectResult result) {
        if (Forward* self = client->forward(attempt)) self->on_connected(std::move(result));
      });
}

void Forward::on_connected(ConnectResult result) {
  if (result.state == ConnectState::connected) return attach(std::move(*result.socket), false);
  last_refusal_ = result.state == ConnectState::timed_out ? HCode::h19 : HCode::h21;
  const SteadyTime now = worker_.clock.steady();
  record_.connect_ms = millis_between(connect_started_, now);
  if (!request_.for_control) {
    in_flight_.target()->quarantine_until(now + worker_.times.quarantine);
  }
  close_upstream();
  dispatch();
}

void Forward::attach(Socket socket, bool reused) {
  upstream_.emplace(std::move(socket));
  reused_ = reused;
  phase_ = Phase::running;
  attempt_ = ++worker_.last_attempt;
  touch();
  record_.connect_ms = millis_between(connect_started_, last_activity_);
  if (request_.waited) record_.queue_ms = millis_between(request_.started, connect_started_);
  if (request_.expects_continue && !request_.read) {
    request_.expects_continue = false;
    if (!client_.send_continue()) return interrupted(HCode::h27);
  }
  pump_upload();
  if (phase_ != Phase::running) return;
  client_.set_deadline(deadline());
  read_response();
}

void Forward::close_upstream() {
  attempt_ = 0;
  phase_ = Phase::idle;
  upstream_.reset();
  in_flight_.release();
}

void Forward::abandon() {
  // Only at the router's own end: neither the client nor the app is to blame.
  if (phase_ != Phase::idle) write_log(HCode::h99, describe(HCode::h99).status);
  leave_queue();
  close_upstream();
  up_.release();
  down_.release();
}

void Forward::finish() {
  write_log(HCode::none, record_.status);
  const TargetPtr target = in_flight_.target();
  if (request_.sent && response_.keep_upstream && !target->leaving.load()) {
    worker_.pool.put(target, std::move(*upstream_), worker_.clock.steady());
  }
  close_upstream();
  up_.release();
  down_.release();
  if (response_.keep_client && request_.read) return client_.exchange_done(ClientSide::After::keep);
  // A client that did not ask for the end may be sending already.
  const bool quiet = request_.read && !request_.keep_alive;
  client_.exchange_done(quiet ? ClientSide::After::close : ClientSide::After::linger);
}

void Forward::fail(HCode code) {
  // The codes tell of apps.
  if (request_.for_control && describe(code).status == 503) code = HCode::control_down;
  write_log(code, describe(code).status);
  leave_queue();
  close_upstream();
  up_.release();
  down_.release();
  if (response_.committed) {
    // Of a body that ends with the connection, only a reset says that this is not its end.
    return response_.body == http::BodyKind::until_close ? client_.abort() : client_.break_off();
  }
  const bool keep = request_.keep_alive && request_.read;
  const PageStyle style{request_.accepts_json, request_.is_head, !keep, own_page(code)};
  client_.answer({code, 0, "", style});
}

// What the app shows to people instead of our page. A malformed request is no affair of the app's.
std::string_view Forward::own_page(HCode code) const {
  if (describe(code).code.empty() || describe(code).status < 500) return {};
  const auto match = worker_.routes->find(record_.host);
  if (!match.app) return {};
  return code == HCode::h80 ? match.app->settings.maintenance_page : match.app->settings.error_page;
}

void Forward::interrupted(HCode code) {
  write_log(code, 499);
  leave_queue();
  close_upstream();
  client_.abort();
}

void Forward::on_client_gone() {
  if (phase_ == Phase::idle) return;
  up_.release();
  down_.release();
  interrupted(HCode::h27);
}

void Forward::write_log(HCode code, int status) {
  if (record_.app.empty()) return;
  record_.code = code;
  record_.status = status;
  const SteadyTime now = worker_.clock.steady();
  if (upstream_) {
    record_.service_ms = millis_between(connect_started_, now);
  } else if (request_.waited) {
    record_.queue_ms = millis_between(request_.started, now);
  }
  worker_.traffic.count(record_, TrafficMeter::Time::of_answer);
  worker_.access_log.append(make_line(record_, to_micros(worker_.clock.wall())));
  record_.app.clear();  // one line a request
}

// For an app that comes up as long as that may take; for one that is busy as long as its answer may
// take.
SteadyTime Forward::waits_until() const {
  const bool busy = phase_ == Phase::queued && !request_.all_refuse;
  return request_.started + (busy ? worker_.times.first_byte : worker_.times.parking);
}

SteadyTime Forward::deadline() const {
  if (waits()) return std::min(waits_until(), retry_at_);
  if (request_.for_control) return last_activity_ + worker_.times.control_idle;
  if (request_.sent && !response_.any) return request_.sent_at + worker_.times.first_byte;
  return last_activity_ + worker_.times.stream_idle;
}

// Who kept everyone waiting.
HCode Forward::expired() const {
  if (phase_ == Phase::parked) return HCode::h20;
  if (phase_ == Phase::queued) return request_.all_refuse ? HCode::h99 : HCode::h12;
  if (request_.sent && !response_.any) return HCode::h12;
  if (!down_.empty() && response_.committed) return HCode::h28;
  if (!request_.read && up_.empty() && !response_.any) return HCode::h28;
  return HCode::h15;
}

// Nothing was written for so long, but the one who is written to still reads what the kernel holds.
bool Forward::read_slowly() {
  if (phase_ != Phase::running) return false;
  if (!down_.empty() && response_.committed) return client_.reads_on();
  const bool waits_for_dyno = !up_.empty() && !request_.sent && !request_.send_broken;
  return waits_for_dyno && to_dyno_.moved(*upstream_);
}

void Forward::on_deadline() {
  const SteadyTime now = worker_.clock.steady();
  if (phase_ == Phase::queued && now < waits_until()) {
    if (now >= only_until_) {
      only_until_ = SteadyTime::max();
      gate_->take_any(*this, now);
    }
    look_again();
    return gate_->serve(now);
  }
  if (phase_ == Phase::parked && now >= retry_at_ && now < waits_until()) {  // a pause is over
    leave_queue();
    return dispatch();
  }
  // Progress moves the deadline without telling the wheel.
  if (phase_ == Phase::connecting || now < deadline()) {
    const SteadyTime next = std::max(deadline(), now + TimerWheel::tick);
    return client_.set_deadline(next);
  }
  if (read_slowly()) {
    touch();
    return client_.set_deadline(deadline());
  }
  const HCode code = expired();
  if (describe(code).status == 499) return interrupted(code);
  fail(code);
}

}  // namespace davit::router
