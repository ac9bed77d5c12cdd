// The response's way: dyno to client.
#include <fmt/format.h>

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
    client_.set_deadline(deadline());
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
    if (!client_.send_interim(worker_.response_head)) {
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
  const bool takes_chunks = request_.minor == 1 && client_.takes_chunks();
  response_.bare = head.body == http::BodyKind::chunked && !takes_chunks;
  response_.keep_upstream = head.keep_alive && head.body != http::BodyKind::until_close;
  // While the client still sends its body nobody knows where its next request begins.
  response_.keep_client = request_.keep_alive && request_.read && !response_.bare &&
                          head.body != http::BodyKind::until_close && !worker_.stopping;
  record_.status = head.status;
  http::ResponseWriting how;
  how.close = !response_.keep_client;
  how.say_keep_alive = response_.keep_client && request_.minor == 0;
  how.drop_chunked = response_.bare;
  std::array<char, 48> hsts;
  if (request_.hsts_seconds > 0 && client_.client().tls != nullptr) {
    const auto text =
        fmt::format_to_n(hsts.data(), hsts.size(), "max-age={}", request_.hsts_seconds);
    how.hsts = {hsts.data(), text.size};
  }
  const std::string cookie = affinity_line();
  how.more_headers = cookie;
  // What follows moves no byte of the head.
  down_.consume(head_bytes);
  if (!frame_response()) return fail(HCode::h17);
  client_.put_head(head, how, down_, response_.read && down_.empty());
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
    if (response_.bare) trailers_.append(step.trailers);
    if (!response_.bare || step.payload.empty()) continue;
    std::memmove(down_.data() + kept, step.payload.data(), step.payload.size());
    kept += step.payload.size();
  }
  response_.read = response_.chunks.done();
  if (response_.read && !trailers_.empty()) client_.put_trailers(trailers_);
  if (taken < bytes.size()) response_.keep_upstream = false;
  down_.truncate(response_.bare ? kept : taken);
  return true;
}

void Forward::pump_download() {
  if (!down_.empty()) {
    const WriteResult sent = client_.send(down_, response_.read);
    if (sent.bytes > 0) touch();
    if (sent.state == IoState::would_block) return;
    if (sent.state == IoState::failed) return interrupted(HCode::h27);
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
  Tunnel::Ends ends{client_.release_stream(), Stream(std::move(*upstream_)),
                    std::move(client_.input()), std::move(down_),
                    // Somebody at a shell thinks longer than an app's client.
                    request_.for_control ? worker_.times.control_idle : worker_.times.stream_idle};
  Tunnel::start(worker_, std::move(ends), std::move(in_flight_), std::move(record_));
  record_.clear();
  close_upstream();
  client_.released();
}

}  // namespace davit::router
