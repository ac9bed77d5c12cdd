// The request's way: client to dyno.
#include "router/forward_bind.hpp"

namespace davit::router {

// Moves what belongs to this request's body from the client's input to `up_`. What follows it is
// the next request. false: the body's framing is broken.
bool Forward::take_body() {
  Buffer& input = client_.input();
  const std::string_view bytes = input.view();
  std::size_t taken = 0;
  switch (request_.body) {
    case http::BodyKind::length:
      taken = static_cast<std::size_t>(std::min<std::uint64_t>(request_.left, bytes.size()));
      request_.left -= taken;
      request_.read = request_.left == 0;
      break;
    case http::BodyKind::chunked:
      taken = request_.chunks.feed(bytes);
      if (request_.chunks.failed()) return false;
      request_.read = request_.chunks.done();
      break;
    default: request_.read = true;
  }
  record_.received += taken;
  up_ = std::move(input);
  if (taken < bytes.size()) {
    input.acquire(worker_.blocks);
    input.append(bytes.substr(taken));
    up_.truncate(taken);
  }
  return true;
}

void Forward::refuse_body() {
  const char* why = request_.chunks.why();
  if (response_.committed) return fail(HCode::h26);
  write_log(HCode::h26, 400);
  let_go();
  client_.answer({HCode::h26, 400, why, PageStyle{request_.accepts_json, request_.is_head, true}});
}

void Forward::on_client_read(ErrorCode error) {
  if (error && !request_.send_broken) return interrupted(HCode::h27);
  // The dyno has stopped listening, but may still be answering: the rest of the body goes nowhere.
  if (error || request_.send_broken) return client_.input().release();
  touch();
  // While a request is sent again to another dyno, what came in the meantime waits.
  if (phase_ == Phase::running && up_.empty()) pump_upload();
}

void Forward::pump_upload() {
  while (!request_.send_broken) {
    if (up_.empty() && !next_body_part()) return;
    const WriteResult written = upstream_->write(up_.view());
    if (written.state == IoState::would_block) {
      to_dyno_.blocked(*upstream_);
      return upstream_->wait_writable(bind(&Forward::on_upstream_writable));
    }
    // A broken pipe may still have an answer in it, or be a stale connection: the reading side
    // finds out.
    if (written.state == IoState::failed) {
      request_.send_broken = true;
      return;
    }
    request_.any_sent = true;
    request_.sent_bytes += written.bytes;
    up_.consume(written.bytes);
    touch();
  }
}

// Puts the next bytes of the body into `up_`. false: there are none now, or none any more.
bool Forward::next_body_part() {
  if (request_.read) {
    request_.sent = true;
    request_.sent_at = last_activity_;
    if (response_.any) up_.release();
    // From now on it is the dyno's turn, and its deadline is shorter than that of a body.
    if (request_.body != http::BodyKind::none) client_.set_deadline(deadline());
    return false;
  }
  if (!client_.take_body()) {
    client_.read_body();
    return false;
  }
  request_.replayable = false;
  request_.sent_bytes = 0;
  if (take_body()) return !up_.empty();
  refuse_body();
  return false;
}

void Forward::on_upstream_writable(ErrorCode error, std::size_t) {
  if (!error) pump_upload();
}

}  // namespace davit::router
