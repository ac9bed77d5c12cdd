#include "router/forward.hpp"

#include "base/time_format.hpp"
#include "router/forward_bind.hpp"
#include "router/millis.hpp"

namespace davit::router {

Forward::Forward(ClientSide& client) : client_(client), worker_(client.worker()) {}

Forward::~Forward() { leave_room(); }

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
  request_.began = worker_.clock.wall();
  take_head(head_bytes);
  if (!take_body()) return refuse_body();
  up_.prepend({worker_.head_out.data(), request_.sent_bytes});
  request_.sent_bytes = 0;
  client_.set_deadline(deadline());
  if (is_let_in()) dispatch();
}

// One request more than the router or its client may have is refused before it costs a dyno
// anything.
bool Forward::is_let_in() {
  const SteadyTime now = request_.started;
  const auto wait = worker_.guard.refuse_request(client_.client().visitor, now);
  if (!wait && worker_.make_request_room()) {
    ++worker_.requests;
    has_room_ = true;
    return true;
  }
  const auto match = worker_.routes->find(record_.host);
  if (match.app) name_app(*match.app);
  if (wait) {
    request_.retry_after = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    fail(HCode::h29);
  } else {
    worker_.complaints.request_refused(now);
    fail(HCode::h99);
  }
  return false;
}

void Forward::leave_room() {
  if (std::exchange(has_room_, false)) --worker_.requests;
}

void Forward::name_app(const App& app) {
  record_.app = app.settings.app;
  record_.as_json = app.settings.json_log;
}

// Everything that the exchange holds; its record stays.
void Forward::let_go() {
  leave_queue();
  close_upstream();
  up_.release();
  down_.release();
  leave_room();
}

void Forward::abandon() {
  // Only at the router's own end: neither the client nor the app is to blame.
  if (phase_ != Phase::idle) write_log(HCode::h99, describe(HCode::h99).status);
  let_go();
}

void Forward::finish() {
  write_log(HCode::none, record_.status);
  const TargetPtr target = in_flight_.target();
  if (request_.sent && response_.keep_upstream && !target->leaving.load()) {
    worker_.pool.put(target, std::move(*upstream_), last_activity_);
  }
  let_go();
  if (response_.keep_client && request_.read) return client_.exchange_done(ClientSide::After::keep);
  // A client that did not ask for the end may be sending already.
  const bool quiet = request_.read && !request_.keep_alive;
  client_.exchange_done(quiet ? ClientSide::After::close : ClientSide::After::linger);
}

void Forward::fail(HCode code) {
  // The codes tell of apps.
  if (request_.for_control && describe(code).status == 503) code = HCode::control_down;
  write_log(code, describe(code).status);
  let_go();
  if (response_.committed) {
    // Of a body that ends with the connection, only a reset says that this is not its end.
    return response_.body == http::BodyKind::until_close ? client_.abort() : client_.break_off();
  }
  const bool keep = request_.keep_alive && request_.read;
  const PageStyle style{request_.accepts_json, request_.is_head, !keep, own_page(code)};
  client_.answer({code, 0, "", style, {}, request_.retry_after});
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
  let_go();
  client_.abort();
}

void Forward::on_client_gone() {
  if (phase_ != Phase::idle) interrupted(HCode::h27);
}

void Forward::write_log(HCode code, int status) {
  if (record_.app.empty()) return;
  record_.code = code;
  record_.status = status;
  const SteadyTime now = last_activity_ = worker_.clock.steady();
  if (upstream_) {
    record_.service_ms = millis_between(connect_started_, now);
  } else if (request_.waited) {
    record_.queue_ms = millis_between(request_.started, now);
  }
  worker_.traffic.count(record_, TrafficMeter::Time::of_answer);
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - request_.started);
  worker_.access_log.append(make_line(record_, to_micros(request_.began + passed)));
  record_.app.clear();  // one line a request
}

}  // namespace davit::router
