// The response's way: dyno to client.
#include "router/forward_bind.hpp"
#include "router/http/head_writer.hpp"
#include "router/tunnel.hpp"

namespace davit::router {

void Forward::read_response() {
  down_.acquire(worker_.blocks);
  upstream_->async_read(down_.space(), down_.space_bytes(), bind(&Forward::on_upstream_read));
}

void Forward::on_upstream_read(ErrorCode error, std::size_t bytes) {
  if (error) return on_upstream_end(error);
  touch();
  down_.commit(bytes);
  if (!response_.any) {
    response_.any = true;
    request_.replayable = false;
    if (request_.sent) up_.release();
    // The time for a body may be shorter than that for a first byte, which the wheel has.
    session_.set_deadline(deadline());
  }
  if (!response_.committed) return read_response_head();
  if (!frame_response()) return fail(HCode::h18);
  pump_download();
}

void Forward::on_upstream_end(ErrorCode error) {
  if (!response_.committed) {
    const bool again = !response_.any && reused_ && request_.replayable &&
                       (request_.idempotent || !request_.any_sent);
    if (!again) return fail(HCode::h13);
    // An idle connection that the dyno closed just now: the request was never looked at.
    close_upstream();
    up_.unconsume(request_.sent_bytes);
    request_.sent_bytes = 0;
    request_.any_sent = request_.sent = request_.send_broken = false;
    fresh_only_ = true;
    return dispatch();
  }
  if (response_.body == http::BodyKind::until_close && error == asio::error::eof) {
    response_.read = true;
    return finish();
  }
  fail(HCode::h18);
}

void Forward::read_response_head() {
  for (;;) {
    switch (response_.scan.scan(down_.view())) {
      case http::HeadScan::State::refused: return fail(HCode::h17);
      case http::HeadScan::State::incomplete:
        if (down_.size() >= limits::response_head_bytes_max) return fail(HCode::h25);
        return read_response();
      case http::HeadScan::State::complete: break;
    }
    const std::size_t head_bytes = response_.scan.head_bytes();
    const std::string_view bytes = down_.view().substr(0, head_bytes);
    if (http::parse_response(bytes, request_.is_head, worker_.response_head))
      return fail(HCode::h17);
    const int status = worker_.response_head.status;
    if (status == 101) return start_tunnel(head_bytes);
    if (status >= 200) return send_response_head(head_bytes);
    if (!pass_interim(head_bytes)) return;
  }
}

// 1xx. The router has answered Expect itself, so 100 ends here. false: the exchange is over.
bool Forward::pass_interim(std::size_t head_bytes) {
  if (++response_.interims > limits::interim_responses_max) {
    fail(HCode::h17);
    return false;
  }
  if (worker_.response_head.status != 100 && request_.minor == 1) {
    const std::size_t size = http::write_response(worker_.response_head, {}, worker_.head_out);
    const WriteResult written = session_.socket().write({worker_.head_out.data(), size});
    // A client that reads slowly misses a hint; half of one would break what follows.
    const bool whole = written.bytes == 0 || written.bytes == size;
    if (written.state == IoState::failed || !whole) {
      interrupted(HCode::h27);
      return false;
    }
  }
  down_.consume(head_bytes);
  down_.compact();
  response_.scan = http::HeadScan(limits::response_head_bytes_max);
  return true;
}

void Forward::send_response_head(std::size_t head_bytes) {
  const http::ResponseHead& head = worker_.response_head;
  response_.body = head.body;
  response_.left = head.content_length;
  response_.bare = head.body == http::BodyKind::chunked && request_.minor == 0;
  response_.keep_upstream = head.keep_alive && head.body != http::BodyKind::until_close;
  // While the client still sends its body nobody knows where its next request begins.
  response_.keep_client = request_.keep_alive && request_.read && !response_.bare &&
                          head.body != http::BodyKind::until_close && !worker_.stopping;
  record_.status = head.status;
  http::ResponseWriting how;
  how.close = !response_.keep_client;
  how.say_keep_alive = response_.keep_client && request_.minor == 0;
  how.drop_chunked = response_.bare;
  const std::string cookie = affinity_line();
  how.more_headers = cookie;
  const std::size_t size = http::write_response(head, how, worker_.head_out);
  down_.consume(head_bytes);
  if (!frame_response()) return fail(HCode::h17);
  down_.prepend({worker_.head_out.data(), size});
  response_.committed = true;
  pump_download();
}

// Cuts `down_` to what belongs to this response. false: its framing is broken.
bool Forward::frame_response() {
  const std::size_t had = down_.size();
  switch (response_.body) {
    case http::BodyKind::none:
      down_.truncate(0);
      response_.read = true;
      break;
    case http::BodyKind::length: {
      const std::uint64_t taken = std::min<std::uint64_t>(response_.left, had);
      response_.left -= taken;
      response_.read = response_.left == 0;
      down_.truncate(static_cast<std::size_t>(taken));
      break;
    }
    case http::BodyKind::chunked:
      if (!frame_chunks()) return false;
      record_.bytes += down_.size();
      return true;
    case http::BodyKind::until_close: break;
  }
  record_.bytes += down_.size();
  // Bytes after the end answer no request of ours.
  if (down_.size() < had) response_.keep_upstream = false;
  return true;
}

bool Forward::frame_chunks() {
  const std::string_view bytes = down_.view();
  std::size_t taken = 0;
  std::size_t kept = 0;
  while (taken < bytes.size() && !response_.chunks.done()) {
    const auto step = response_.chunks.next(bytes.substr(taken));
    if (response_.chunks.failed()) return false;
    taken += step.taken;
    if (!response_.bare || step.payload.empty()) continue;
    std::memmove(down_.data() + kept, step.payload.data(), step.payload.size());
    kept += step.payload.size();
  }
  response_.read = response_.chunks.done();
  if (taken < bytes.size()) response_.keep_upstream = false;
  down_.truncate(response_.bare ? kept : taken);
  return true;
}

void Forward::pump_download() {
  while (!down_.empty()) {
    const WriteResult written = session_.socket().write(down_.view());
    if (written.state == IoState::would_block) {
      to_client_.blocked(session_.socket());
      return session_.wait_writable();
    }
    if (written.state == IoState::failed) return interrupted(HCode::h27);
    down_.consume(written.bytes);
    touch();
  }
  if (response_.read) return finish();
  down_.rewind();
  read_response();
}

void Forward::start_tunnel(std::size_t head_bytes) {
  if (!request_.wants_upgrade || !request_.sent || worker_.response_head.upgrade.empty()) {
    return fail(HCode::h17);
  }
  http::ResponseWriting how;
  how.upgrade = true;
  const std::size_t size = http::write_response(worker_.response_head, how, worker_.head_out);
  down_.consume(head_bytes);
  record_.bytes = down_.size();
  down_.prepend({worker_.head_out.data(), size});
  record_.status = 101;
  Tunnel::Ends ends{session_.release_socket(), std::move(*upstream_), std::move(session_.input()),
                    std::move(down_),
                    // Somebody at a shell thinks longer than an app's client.
                    request_.for_control ? worker_.times.control_idle : worker_.times.stream_idle};
  Tunnel::start(worker_, std::move(ends), std::move(in_flight_), std::move(record_));
  record_.clear();
  close_upstream();
  session_.close_now();
}

}  // namespace davit::router
