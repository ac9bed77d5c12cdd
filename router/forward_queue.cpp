// A request that waits: for its app, or for a place at one of its dynos.
#include <algorithm>

#include "router/client_side.hpp"
#include "router/forward.hpp"

namespace davit::router {

void Forward::park(const App& app) {
  request_.waited = true;
  if (!app.gate->hold()) return fail(HCode::h11);
  gate_ = app.gate;
  phase_ = Phase::parked;
  paused_until_ = SteadyTime::max();
  retry_at_ = worker_.clock.steady() + limits::queue_look;
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
  const SteadyTime now = worker_.clock.steady();
  paused_until_ = now + std::chrono::duration_cast<SteadyTime::duration>(left);
  retry_at_ = std::min(paused_until_, now + limits::queue_look);
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

void Forward::look_while_waiting(SteadyTime now) {
  if (client_.has_left()) return interrupted(HCode::h27);
  if (phase_ == Phase::queued) {
    if (now >= only_until_) {
      only_until_ = SteadyTime::max();
      gate_->take_any(*this, now);
    }
    look_again();
    return gate_->serve(now);
  }
  if (now >= paused_until_) {
    leave_queue();
    return dispatch();
  }
  retry_at_ = std::min(paused_until_, now + limits::queue_look);
  client_.set_deadline(deadline());
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

}  // namespace davit::router
