#include "router/session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "router/forward.hpp"
#include "router/http/head_writer.hpp"

namespace davit::router {
namespace {

// After a request a client often sends another at once: its buffer stays for so long.
constexpr auto hot_time = std::chrono::seconds(2);

}  // namespace

Session::Session(Worker& worker, Stream stream, Client client)
    : ClientSide(worker, std::move(client)),
      stream_(std::move(stream)),
      scan_(limits::header_line_bytes_max) {}

void Session::start(Worker& worker, Stream stream, Client client) {
  const Ptr session(new Session(worker, std::move(stream), std::move(client)));
  session->self_ = session;
  session->await_head();
  if (!worker.stopping) return;
  // It was shaking hands when the router began to leave: its first request is served.
  session->last_chance_ = true;
  session->set_deadline(worker.clock.steady() + limits::handover_linger);
}

void Session::await_head() {
  scan_ = http::HeadScan(limits::header_line_bytes_max);
  if (!input_.empty()) {  // pipelined
    state_ = State::head;
    set_deadline(worker_.clock.steady() + worker_.times.head);
    return process_head();
  }
  if (worker_.stopping && forward_) return close_now();
  state_ = State::waiting;
  input_.rewind();
  idle_since_ = worker_.clock.steady();
  set_deadline(idle_since_ + std::min<TimeLimits::Time>(hot_time, worker_.times.keep_alive));
  worker_.crowd.put(*this, Doing::warm);
  read();  // first: it may be this one that is told to let its buffer go
  worker_.crowd.keep_buffers_below(worker_.idle_buffers());
}

void Session::read() {
  if (reading_) return;
  reading_ = true;
  const auto then = [self = Ptr(this)](ErrorCode error, std::size_t bytes) {
    self->on_read(error, bytes);
  };
  if (state_ == State::lingering) return stream_.async_read_bare(input_, worker_.blocks, then);
  if (input_.held() && input_.space_bytes() < limits::request_head_bytes_max) input_.compact();
  stream_.async_read(input_, worker_.blocks, then);
}

void Session::on_read(ErrorCode error, std::size_t bytes) {
  reading_ = false;
  if (state_ == State::closed) return;
  if (error == asio::error::operation_aborted) {
    if (state_ == State::waiting) return go_cold();
    if (state_ == State::answering) return input_.release();
    if (state_ != State::lingering) return;
    input_.rewind();
    return read();
  }
  if (!error) input_.commit(bytes);
  switch (state_) {
    case State::waiting:
      if (error) return close_now();
      state_ = State::head;
      set_deadline(worker_.clock.steady() + worker_.times.head);
      return process_head();
    case State::head: return error ? close_now() : process_head();
    case State::exchange: return forward_->on_client_read(error);
    case State::answering: return input_.release();
    case State::lingering:
      lingered_bytes_ += bytes;
      if (error || lingered_bytes_ > limits::linger_bytes_max) return close_now();
      input_.rewind();
      return read();
    case State::closed: return;
  }
}

// Most open connections are idle: they keep no buffer.
void Session::go_cold() {
  worker_.crowd.put(*this, Doing::cold);
  input_.release();
  forward_.reset();
  set_deadline(idle_since_ + worker_.times.keep_alive);
  stream_.wait_readable([self = Ptr(this)](ErrorCode error) {
    if (error || self->state_ != State::waiting) return;
    self->read();
  });
}

void Session::process_head() {
  if (input_.size() == 1 && input_.view()[0] == '\r') return await_rest();
  // RFC 9112 2.2: an empty line in front of a request is forgiven; one.
  if (scan_.head_bytes() == 0 && input_.view().starts_with("\r\n")) input_.consume(2);
  if (input_.empty()) return await_rest();
  switch (scan_.scan(input_.view())) {
    case http::HeadScan::State::refused: return refuse(400, scan_.refusal());
    case http::HeadScan::State::incomplete:
      if (input_.size() > limits::request_head_bytes_max)
        return refuse(400, "a head of more than 32 kB");
      return await_rest();
    case http::HeadScan::State::complete:
      if (scan_.head_bytes() > limits::request_head_bytes_max) {
        return refuse(400, "a head of more than 32 kB");
      }
      return route(scan_.head_bytes());
  }
}

// Most heads come in one piece, and never here.
void Session::await_rest() {
  if (doing() != Doing::arriving) {
    worker_.crowd.put(*this, Doing::arriving);
    slow_head_ = worker_.guard.begin_head(client_.visitor, *this, worker_.places);
    worker_.crowd.keep_buffers_below(worker_.idle_buffers());
  }
  read();
}

void Session::on_slow_head() {
  worker_.complaints.slow_head_closed(client_.address, worker_.clock.steady());
  close_now();
}

void Session::cool_down() {
  if (state_ == State::waiting) stream_.cancel();
}

void Session::route(std::size_t head_bytes) {
  http::RequestHead& head = worker_.request_head;
  if (const auto refusal = http::parse_request(input_.view().substr(0, head_bytes), head)) {
    return refuse(refusal.status, refusal.why);
  }
  state_ = State::exchange;
  asked_if_there_ = head.minor == 0;
  slow_head_.reset();
  worker_.crowd.put(*this, Doing::busy);
  use_forward().start(head_bytes);
}

void Session::refuse(int status, const char* why) { answer({HCode::h26, status, why}); }

void Session::read_body() {
  if (reading_) return;
  input_.rewind();
  read();
}

// Half of a 1xx would break what follows.
bool Session::send_whole(std::string_view bytes) {
  return stream_.write(bytes).bytes == bytes.size();
}

bool Session::send_continue() { return send_whole("HTTP/1.1 100 Continue\r\n\r\n"); }

bool Session::send_interim(const http::ResponseHead& head) {
  const std::size_t size = http::write_response(head, {}, worker_.head_out);
  const WriteResult written = stream_.write({worker_.head_out.data(), size});
  if (written.bytes == size) return true;
  // A client that reads slowly misses a hint; over TLS it is sealed already, and must be sent.
  return written.state == IoState::would_block && !stream_.is_tls();
}

void Session::put_head(const http::ResponseHead& head, const http::ResponseWriting& how,
                       Buffer& body, bool) {
  body.prepend({worker_.head_out.data(), http::write_response(head, how, worker_.head_out)});
}

WriteResult Session::send(Buffer& bytes, bool) {
  std::size_t sent = 0;
  while (!bytes.empty()) {
    const WriteResult written = stream_.write(bytes.view());
    if (written.state == IoState::failed) return written;
    if (written.state == IoState::would_block) {
      progress_.blocked(stream_.socket());
      worker_.crowd.put(*this, Doing::unread);
      wait_writable();
      return {IoState::would_block, sent};
    }
    bytes.consume(written.bytes);
    sent += written.bytes;
  }
  return {IoState::ok, sent};
}

void Session::wait_writable() {
  stream_.wait_writable([self = Ptr(this)](ErrorCode error) {
    if (error == asio::error::operation_aborted) return;
    if (self->state_ == State::answering) return self->flush_answer();
    if (self->state_ != State::exchange) return;
    self->worker_.crowd.put(*self, Doing::busy);
    self->forward_->on_client_writable();
  });
}

// A client that has only ended its own half still wants its answer. One that has gone altogether
// refuses whatever comes, such as a 100 that it did not ask for and would pass over (RFC 9110
// 15.2.1); HTTP/1.0 knows none.
bool Session::has_left() {
  switch (stream_.socket().peer()) {
    case Socket::Peer::there: return false;
    case Socket::Peer::gone: return true;
    case Socket::Peer::ended: break;
  }
  return !std::exchange(asked_if_there_, true) && !send_continue();
}

void Session::exchange_done(After after) {
  if (after == After::linger) return linger();
  if (after == After::close) return close_now();
  if (input_.empty()) return await_head();
  // Pipelined requests one after the other, not one inside the other. The exchange's deadline must
  // not end this head.
  state_ = State::head;
  set_deadline(worker_.clock.steady() + worker_.times.head);
  asio::post(worker_.io, [self = Ptr(this)] {
    if (self->state_ == State::head) self->await_head();
  });
}

void Session::answer(const Answer& what) {
  slow_head_.reset();
  worker_.crowd.put(*this, Doing::busy);
  keep_after_answer_ = !what.style.close && !worker_.stopping;
  PageStyle style = what.style;
  style.close = !keep_after_answer_;
  answer_ = to_http1(make_page(what), style);
  answer_sent_ = 0;
  state_ = State::answering;
  set_deadline(worker_.clock.steady() + worker_.times.stream_idle);
  flush_answer();
}

void Session::flush_answer() {
  const WriteResult written = stream_.write(std::string_view(answer_).substr(answer_sent_));
  if (written.state == IoState::failed) return close_now();
  answer_sent_ += written.bytes;
  if (answer_sent_ < answer_.size()) return await_reader();
  std::string().swap(answer_);
  if (!keep_after_answer_) return linger();
  exchange_done(After::keep);
}

// Such a page is no request any more, so that nothing bounds how many wait: they hold no block.
// What their clients sent behind it, or still would, is not answered.
void Session::await_reader() {
  keep_after_answer_ = false;
  if (reading_) {
    stream_.cancel();
  } else {
    input_.release();
  }
  worker_.crowd.put(*this, Doing::unread);
  wait_writable();
}

void Session::linger() {
  state_ = State::lingering;
  worker_.crowd.put(*this, Doing::leaving);
  stream_.shutdown_send();
  lingered_bytes_ = 0;
  set_deadline(worker_.clock.steady() + limits::linger_timeout);
  if (reading_) return stream_.cancel();  // begins again, without a block while nothing comes
  input_.rewind();
  read();
}

void Session::abort() {
  stream_.reset();
  close_now();
}

void Session::close_now() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  TimerWheel::cancel(*this);
  leave_crowd();
  slow_head_.reset();
  if (forward_) forward_->abandon();
  stream_.close();
  input_.release();
  // Maybe the last reference: whoever called us from inside holds one.
  const Ptr self = std::move(self_);
}

// Its client does not read, or has not said what it wants yet.
void Session::give_way() {
  const Ptr hold(this);
  if (state_ == State::exchange) forward_->on_client_gone();
  close_now();
}

void Session::finish_soon() {
  if (state_ == State::waiting) close_now();
}

void Session::on_deadline() {
  const Ptr self(this);
  switch (state_) {
    case State::waiting: {
      const bool over =
          last_chance_ || worker_.clock.steady() >= idle_since_ + worker_.times.keep_alive;
      return over ? close_now() : stream_.cancel();
    }
    case State::head: return answer({HCode::slow_head});
    case State::exchange: return forward_->on_deadline();
    case State::answering:
    case State::lingering: return close_now();
    case State::closed: return;
  }
}

}  // namespace davit::router
