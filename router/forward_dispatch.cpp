// The request's way to a dyno that takes it.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "router/client_side.hpp"
#include "router/forward.hpp"
#include "router/millis.hpp"

namespace davit::router {
namespace {

// Then it was not the dyno that refused, whatever connected to it.
bool no_descriptor() {
  const int spare = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (spare < 0) return errno == EMFILE || errno == ENFILE;
  ::close(spare);
  return false;
}

}  // namespace

void Forward::dispatch() {
  const auto match = worker_.routes->find(record_.host);
  if (!match) return fail(HCode::unknown_host);
  if (match.app) return dispatch_to_app(*match.app);
  request_.for_control = true;
  if (tries_ > 0) return fail(HCode::control_down);
  use(InFlight::on(*match.control));
}

void Forward::dispatch_to_app(const App& app) {
  name_app(app);
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

// By the cookie; nobody where that dyno is gone or takes no connections.
const Target* Forward::preferred(const App& app) const {
  if (!app.affinity() || request_.token_chars == 0 || tries_ > 0) return nullptr;
  const Target* const target = app.dynos.by_token({request_.token.data(), request_.token_chars});
  if (target == nullptr || target->quarantined_until() > worker_.clock.steady()) return nullptr;
  return target;
}

// Whether the cookie does: also where chance would have chosen the same.
bool Forward::names(const Target& target) const {
  const auto match = worker_.routes->find(record_.host);
  return match.app && match.app->affinity() &&
         match.app->dynos.token_of(target) ==
             std::string_view(request_.token.data(), request_.token_chars);
}

void Forward::use(InFlight place) {
  in_flight_ = std::move(place);
  const TargetPtr target = in_flight_.target();
  request_.had_place = true;
  record_.dyno = target->name;
  record_.pinned = request_.token_chars > 0 && names(*target);
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
  if (result.state == ConnectState::refused && no_descriptor()) {
    close_upstream();
    if (!worker_.free_descriptor()) return fail(HCode::h99);
    // It may have been this request's own connection that had to give way.
    return client_.has_left() ? interrupted(HCode::h27) : dispatch();
  }
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
  // A pooled one was there at once.
  last_activity_ = reused ? connect_started_ : worker_.clock.steady();
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

}  // namespace davit::router
