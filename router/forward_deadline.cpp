// How long an exchange may take, and who is to blame when it took longer.
#include <algorithm>

#include "router/client_side.hpp"
#include "router/forward.hpp"

namespace davit::router {

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
  if (waits() && now < waits_until()) return look_while_waiting(now);
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
