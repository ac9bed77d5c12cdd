#include "router/h2/connection.hpp"

#include <boost/asio/post.hpp>

#include "router/forward.hpp"
#include "router/h2/callbacks.hpp"
#include "router/h2/native.hpp"

namespace davit::router::h2 {
namespace {

// A connection that was just used is used again: its buffers stay for so long.
constexpr auto hot_time = std::chrono::seconds(2);
constexpr std::size_t spare_streams_max = 8;

}  // namespace

Connection::Connection(Worker& worker, Stream stream, Client client)
    : worker_(worker),
      stream_(std::move(stream)),
      client_(std::move(client)),
      flood_(worker.clock.steady()),
      began_(worker.clock.steady()),
      idle_since_(began_),
      last_read_(began_) {}

Connection::~Connection() { nghttp2_session_del(session_); }

void Connection::start(Worker& worker, Stream stream, Client client) {
  const Ptr made(new Connection(worker, std::move(stream), std::move(client)));
  made->session_ = make_session(*made, made->memory_);
  if (made->session_ == nullptr) return;
  made->self_ = made;
  worker.crowd.put(*made, Doing::warm);
  if (worker.stopping) made->say_goodbye();
  made->run();
  if (made->state_ == State::open) made->read();
}

// Reading

// Answers to a client that does not read pile up: it is not read from either.
bool Connection::may_read() const {
  return out_.empty() ||
         nghttp2_session_get_outbound_queue_size(session_) < limits::h2_queued_frames_max;
}

void Connection::read() {
  if (reading_ || !may_read()) return;
  reading_ = true;
  in_.rewind();
  // What still comes of one that lingers gives it no more time.
  if (state_ != State::lingering) {
    last_read_ = worker_.clock.steady();
    worker_.wheel.schedule(*this, last_read_ + hot_time);
  }
  stream_.async_read(in_, worker_.blocks, [self = Ptr(this)](ErrorCode error, std::size_t bytes) {
    self->on_read(error, bytes);
  });
  if (std::exchange(cool_soon_, false)) cool_down();
}

void Connection::on_read(ErrorCode error, std::size_t bytes) {
  reading_ = false;
  if (state_ == State::closed) return;
  if (error == asio::error::operation_aborted && state_ == State::open) return go_cold();
  if (state_ == State::lingering) {
    lingered_bytes_ += bytes;
    if (error || lingered_bytes_ > limits::linger_bytes_max) return close_now();
    return read();
  }
  if (error) return close_now();
  in_.commit(bytes);
  take(in_.view());
  run();
  if (state_ == State::open) read();
}

void Connection::take(std::string_view bytes) {
  running_ = true;
  while (!bytes.empty()) {
    const FrameWalk::Header* header = nullptr;
    const std::size_t size = walk_.next(bytes, header);
    if (header != nullptr) {
      if (const std::uint32_t code = misplaced(*header)) terminate(code);
      // The library passes over what it does not know, and tells nobody.
      if (header->type > NGHTTP2_CONTINUATION) count_control();
    }
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const auto taken = nghttp2_session_mem_recv(session_, data, size);
    if (taken < 0) {
      // One of the library's limits; what breaks the protocol ends the session in its own way.
      const bool other = taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC;
      terminate(other ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM);
      break;
    }
    if (std::exchange(flooded_, false)) {
      terminate(NGHTTP2_ENHANCE_YOUR_CALM);
      break;
    }
    bytes.remove_prefix(size);
  }
  running_ = false;
  watch_head();
}

// The library remembers no closed streams, and looks at no PRIORITY.
std::uint32_t Connection::misplaced(const FrameWalk::Header& frame) const {
  const std::int32_t id = frame.stream;
  if (frame.type == NGHTTP2_PRIORITY && id == 0) return NGHTTP2_PROTOCOL_ERROR;
  const bool of_stream = frame.type == NGHTTP2_DATA || frame.type == NGHTTP2_HEADERS;
  const bool closed = of_stream && id % 2 == 1 && id <= last_opened_ &&
                      nghttp2_session_find_stream(session_, id) == nullptr;
  return closed && !resets_.may_have(id) ? NGHTTP2_STREAM_CLOSED : NGHTTP2_NO_ERROR;
}

// Nothing comes: no buffer is held.
void Connection::go_cold() {
  state_ = State::cold;
  in_.release();
  spare_.clear();
  fields_.reset();
  if (streams_.empty()) {
    // Else they may hold the first part of a head or of trailers that another frame continues.
    request_ = RequestText();
    std::string().swap(trailers_);
    const bool sent = out_.empty() && frame_.empty() && nghttp2_session_want_write(session_) == 0;
    if (sent) memory_.give_back();
  }
  settle();
  check_time(worker_.clock.steady());
  stream_.wait_readable([self = Ptr(this)](ErrorCode error) {
    if (error || self->state_ == State::closed) return;
    if (self->state_ == State::cold) self->state_ = State::open;
    self->read();
  });
}

// Writing

void Connection::flush_soon() {
  dirty_ = true;
  if (running_ || run_posted_ || state_ == State::closed) return;
  run_posted_ = true;
  asio::post(worker_.io, [self = Ptr(this)] {
    self->run_posted_ = false;
    self->run();
  });
}

void Connection::wake_soon(RequestStream& stream) {
  woken_.emplace_back(&stream);
  flush_soon();
}

// Tells streams what came for them and sends what there is, until there is nothing to do.
void Connection::run() {
  const Ptr hold(this);
  if (state_ == State::closed || state_ == State::lingering) return;
  running_ = true;
  do {
    wake_streams();
    dirty_ = false;
    flush();
  } while ((dirty_ || !woken_.empty()) && state_ != State::closed);
  running_ = false;
  if (state_ == State::closed) return;
  if (flooded_) {
    flooded_ = false;
    terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  } else if (is_over()) {
    return linger();
  }
  settle();
}

void Connection::wake_streams() {
  const std::vector<RequestStream::Ptr> woken = std::exchange(woken_, {});
  for (const RequestStream::Ptr& stream : woken) stream->on_wake();
}

void Connection::flush() {
  if (waits_writable_) return;
  while (write_out()) {
    if (fill()) continue;
    if (state_ != State::closed) out_.release();
    return;
  }
}

// false: blocked, or closed.
bool Connection::write_out() {
  while (!out_.empty()) {
    const WriteResult written = stream_.write(out_.view());
    if (written.state == IoState::failed) {
      close_now();
      return false;
    }
    if (written.state == IoState::would_block) {
      if (std::exchange(waits_writable_, true)) return false;
      progress_.blocked(stream_.socket());
      blocked_since_ = worker_.clock.steady();
      stream_.wait_writable([self = Ptr(this)](ErrorCode error) {
        self->waits_writable_ = false;
        if (error || self->state_ == State::closed) return;
        self->moved_ = true;
        self->run();
        if (self->state_ == State::open) self->read();
      });
      return false;
    }
    out_.consume(written.bytes);
  }
  return state_ != State::closed;
}

// Frames into `out_`. false: there are none.
bool Connection::fill() {
  out_.acquire(worker_.blocks);
  out_.rewind();
  out_.append(std::exchange(frame_, {}));
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) close_now();
    if (size <= 0) return state_ != State::closed && !out_.empty();
    const std::string_view frame(reinterpret_cast<const char*>(bytes),
                                 static_cast<std::size_t>(size));
    if (frame.size() > out_.space_bytes()) {
      frame_ = frame;  // stays until the next call
      return true;
    }
    out_.append(frame);
  }
}

Fields& Connection::fields() {
  if (!fields_) fields_ = std::make_unique<Fields>();
  fields_->clear();
  return *fields_;
}

// Streams

RequestStream& Connection::open_stream(std::int32_t id) {
  RequestStream::Ptr opened;
  // One that an old attempt's handler still holds waits for its end.
  if (!spare_.empty() && spare_.back()->use_count() == 1) {
    opened = std::move(spare_.back());
    spare_.pop_back();
  } else {
    opened = new RequestStream(worker_, client_);
  }
  opened->open(*this, id);
  last_opened_ = opening_ = id;
  opened->place = streams_.size();
  streams_.push_back(opened);
  return *opened;
}

void Connection::close_stream(RequestStream& stream) {
  const RequestStream::Ptr held = std::move(streams_[stream.place]);
  if (stream.place + 1 < streams_.size()) {
    streams_[stream.place] = std::move(streams_.back());
    streams_[stream.place]->place = stream.place;
  }
  streams_.pop_back();
  if (opening_ == stream.id()) opening_ = 0;
  held->on_closed();
  if (streams_.empty()) idle_since_ = worker_.clock.steady();
  if (spare_.size() < spare_streams_max) spare_.push_back(held);
}

void Connection::close_streams() {
  while (!streams_.empty()) {
    nghttp2_session_set_stream_user_data(session_, streams_.back()->id(), nullptr);
    close_stream(*streams_.back());
  }
}

void Connection::take_head(RequestStream& stream, bool ended) {
  opening_ = 0;
  worker_.crowd.put(*this, Doing::busy);  // it must not have to give way while its request starts
  if (worker_.stopping) say_goodbye();
  Buffer& input = stream.input();
  input.acquire(worker_.blocks);
  input.rewind();
  http::RequestHead& head = worker_.request_head;
  const auto refusal = request_.write(!ended, {input.space(), input.space_bytes()}, head);
  if (ended) stream.on_request_end();
  if (refusal) return stream.on_refused(refusal);
  input.commit(request_.size());
  stream.on_request(request_.size());
}

// Time and ends

void Connection::count_reset() {
  if (!flood_.on_reset(worker_.clock.steady())) flooded_ = true;
}

void Connection::count_control() {
  if (!flood_.on_control(worker_.clock.steady())) flooded_ = true;
}

// Whether the socket has moved since it was full, or asked last; a full one is seen as blocked.
bool Connection::reads_on() { return waits_writable_ && progress_.moved(stream_.socket()); }

bool Connection::is_over() const {
  return out_.empty() && nghttp2_session_want_read(session_) == 0 &&
         nghttp2_session_want_write(session_) == 0;
}

void Connection::terminate(std::uint32_t error_code) {
  nghttp2_session_terminate_session(session_, error_code);
  flush_soon();
}

// RFC 9113 6.8: first the word that no new request is welcome, and after a round trip, in which
// those on their way arrive, which was the last.
void Connection::say_goodbye() {
  if (std::exchange(goodbye_said_, true)) return;
  nghttp2_submit_shutdown_notice(session_);
  goodbye_at_ = worker_.clock.steady() + limits::h2_goodbye;
  worker_.wheel.schedule(*this, goodbye_at_);
  flush_soon();
}

void Connection::finish_soon() {
  if (state_ == State::open || state_ == State::cold) say_goodbye();
}

// The client may not have read our last words yet: closing now could take them back (RFC 9112 9.6).
void Connection::linger() {
  const bool waits = state_ == State::cold;
  state_ = State::lingering;
  close_streams();
  slow_head_.reset();
  settle();
  stream_.shutdown_send();
  worker_.wheel.schedule(*this, worker_.clock.steady() + limits::linger_timeout);
  if (!waits) read();
}

void Connection::close_now() {
  if (state_ == State::closed) return;
  const Ptr hold(this);
  state_ = State::closed;
  close_streams();
  TimerWheel::cancel(*this);
  leave_crowd();
  slow_head_.reset();
  stream_.close();
  in_.release();
  out_.release();
  spare_.clear();
  woken_.clear();
  const Ptr self = std::move(self_);  // maybe the last reference
}

void Connection::on_deadline() {
  const Ptr hold(this);
  if (state_ == State::closed) return;
  if (state_ == State::lingering) return close_now();
  check_time(worker_.clock.steady());
}

void Connection::check_time(SteadyTime now) {
  SteadyTime next = now + worker_.times.keep_alive;
  if (now >= goodbye_at_) {
    goodbye_at_ = SteadyTime::max();
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    flush_soon();
  }
  if (waits_writable_) {
    if (progress_.moved(stream_.socket())) blocked_since_ = now;
    if (now >= blocked_since_ + worker_.times.stream_idle) return close_now();
    next = std::min(next, blocked_since_ + worker_.times.stream_idle);
  }
  if (streams_.empty()) {
    const SteadyTime end =
        greeted_ ? idle_since_ + worker_.times.keep_alive : began_ + worker_.times.head;
    if (now >= end) {
      terminate(NGHTTP2_NO_ERROR);
    } else {
      next = std::min(next, end);
    }
  }
  if (reading_ && state_ == State::open) {
    if (now >= last_read_ + hot_time) {
      if (!waits_writable_) stream_.cancel();  // it would end that wait too
    } else {
      next = std::min(next, last_read_ + hot_time);
    }
  }
  worker_.wheel.schedule(*this, std::min(next, goodbye_at_));
}

}  // namespace davit::router::h2
