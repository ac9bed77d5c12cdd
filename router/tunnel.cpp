#include "router/tunnel.hpp"

#include "base/time_format.hpp"

namespace davit::router {

Tunnel::Tunnel(Worker& worker, Ends ends, InFlight in_flight, LogRecord record)
    : worker_(worker),
      client_(std::move(ends.client)),
      dyno_(std::move(ends.dyno)),
      up_{client_, dyno_, std::move(ends.to_dyno)},
      down_{dyno_, client_, std::move(ends.to_client)},
      in_flight_(std::move(in_flight)),
      record_(std::move(record)),
      idle_(ends.idle),
      started_(worker.clock.steady()),
      last_activity_(started_) {}

void Tunnel::start(Worker& worker, Ends ends, InFlight in_flight, LogRecord record) {
  const Ptr tunnel(new Tunnel(worker, std::move(ends), std::move(in_flight), std::move(record)));
  tunnel->self_ = tunnel;
  tunnel->in_flight_.become_tunnel();
  worker.traffic.moved(tunnel->record_, {tunnel->record_.received, tunnel->record_.bytes});
  worker.crowd.put(*tunnel, Live::Doing::busy);
  worker.wheel.schedule(*tunnel, tunnel->last_activity_ + tunnel->idle_);
  tunnel->pump(tunnel->down_);
  if (tunnel->open_) tunnel->pump(tunnel->up_);
}

void Tunnel::pump(Way& way) {
  while (!way.bytes.empty()) {
    const WriteResult written = way.to.write(way.bytes.view());
    if (written.state == IoState::failed) return end(HCode::none);
    if (written.state == IoState::would_block) {
      way.progress.blocked(way.to.socket());
      way.blocked = true;
      way.to.wait_writable([self = Ptr(this), &way](ErrorCode error) {
        if (!error && self->open_) self->pump(way);
      });
      return settle();
    }
    way.bytes.consume(written.bytes);
    last_activity_ = worker_.clock.steady();
  }
  way.blocked = false;
  settle();
  if (!open_) return;
  if (!way.ended) return read(way);
  way.to.shutdown_send();
  way.bytes.release();
  if (up_.ended && down_.ended && up_.bytes.empty() && down_.bytes.empty()) end(HCode::none);
}

// While bytes wait for one of its ends it takes a request's share of the memory. Maybe its end.
void Tunnel::settle() {
  const bool waits = up_.blocked || down_.blocked;
  const Doing now = waits ? Doing::clogged : Doing::busy;
  if (now == doing()) return;
  worker_.crowd.put(*this, now);
  if (waits) worker_.bound_clogged_tunnels();
}

void Tunnel::read(Way& way) {
  way.bytes.rewind();
  // Most tunnels are silent most of the time.
  way.from.async_read_bare(way.bytes, worker_.blocks,
                           [self = Ptr(this), &way](ErrorCode error, std::size_t bytes) {
                             if (self->open_) self->on_read(way, error, bytes);
                           });
}

void Tunnel::on_read(Way& way, ErrorCode error, std::size_t bytes) {
  last_activity_ = worker_.clock.steady();
  if (error && error != asio::error::eof) return end(HCode::none);
  if (error) {
    way.ended = true;
  } else {
    way.bytes.commit(bytes);
    if (&way == &down_) record_.bytes += bytes;
    worker_.traffic.moved(
        record_, &way == &down_ ? TrafficMeter::Bytes{0, bytes} : TrafficMeter::Bytes{bytes, 0});
  }
  pump(way);
}

void Tunnel::on_deadline() {
  const Ptr hold(this);
  if (read_slowly()) last_activity_ = worker_.clock.steady();
  const SteadyTime deadline = last_activity_ + idle_;
  if (worker_.clock.steady() < deadline) return worker_.wheel.schedule(*this, deadline);
  end(HCode::h15);
}

// Neither end sends, but one of them still reads what the kernel holds for it.
bool Tunnel::read_slowly() {
  const bool up = !up_.bytes.empty() && up_.progress.moved(up_.to.socket());
  const bool down = !down_.bytes.empty() && down_.progress.moved(down_.to.socket());
  return up || down;
}

void Tunnel::end(HCode code) {
  if (!open_) return;
  open_ = false;
  TimerWheel::cancel(*this);
  leave_crowd();
  client_.close();
  dyno_.close();
  const SteadyTime now = worker_.clock.steady();
  record_.service_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - started_).count();
  record_.code = code;
  if (code != HCode::none) record_.status = describe(code).status;
  if (!record_.app.empty()) {
    LogLine line = make_line(record_, to_micros(worker_.clock.wall()));
    line.service_ms = -1;  // how long people stay is no response time
    worker_.traffic.count(record_, TrafficMeter::Time::none);
    worker_.access_log.append(std::move(line));
  }
  in_flight_.release();
  const Ptr self = std::move(self_);  // maybe the last reference
}

}  // namespace davit::router
