#include "router/tls/handshake.hpp"

#include "router/h2/connection.hpp"
#include "router/session.hpp"

namespace davit::router::tls {

void Handshake::start(Worker& worker, Context& context, Socket socket, Client client) {
  auto channel = Channel::make(context, socket.fd());
  if (!channel) return;  // out of memory: the connection closes
  const Ptr made(new Handshake(worker, std::move(socket), std::move(channel), std::move(client)));
  made->self_ = made;
  worker.crowd.put(*made, Live::Doing::shaking);
  worker.wheel.schedule(*made, worker.clock.steady() + worker.times.handshake);
  made->wait_for_client();
}

void Handshake::wait_for_client() {
  socket_.wait_readable([self = Ptr(this)](ErrorCode error) {
    if (error || !self->self_) return;
    self->channel_->input_came();
    self->step();
  });
}

void Handshake::step() {
  switch (channel_->shake_hands()) {
    case Channel::Step::done: return go_on();
    case Channel::Step::want_read: return wait_for_client();
    case Channel::Step::want_write:
      return socket_.wait_writable([self = Ptr(this)](ErrorCode error) {
        if (!error && self->self_) self->step();
      });
    case Channel::Step::plain_http: return refuse_plain_http();
    case Channel::Step::failed: return end();
  }
}

void Handshake::go_on() {
  client_.tls = &channel_->peer();
  client_.http2 = client_.tls->http2;
  Stream stream(std::move(socket_), std::move(channel_));
  const Ptr hold = std::move(self_);
  TimerWheel::cancel(*this);
  leave_crowd();
  if (client_.http2) return h2::Connection::start(worker_, std::move(stream), std::move(client_));
  Session::start(worker_, std::move(stream), std::move(client_));
}

// As far as the socket takes it: a person who forgot the "s".
void Handshake::refuse_plain_http() {
  socket_.write(to_http1(make_page({HCode::h26, 400, "plain HTTP on a port for HTTPS"}), {}));
  socket_.shutdown_send();
  end();
}

void Handshake::on_deadline() { end(); }

void Handshake::end() {
  const Ptr hold = std::move(self_);
  TimerWheel::cancel(*this);
  leave_crowd();
  socket_.close();
}

}  // namespace davit::router::tls
