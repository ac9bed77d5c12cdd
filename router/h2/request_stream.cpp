#include "router/h2/request_stream.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include "base/ensure.hpp"
#include "router/forward.hpp"
#include "router/h2/connection.hpp"
#include "router/h2/native.hpp"

namespace davit::router::h2 {

void RequestStream::open(Connection& connection, std::int32_t id) {
  connection_ = &connection;
  id_ = id;
  held_ = answer_sent_ = 0;
  trailers_in_.clear();
  trailers_out_.clear();
  answer_.clear();
  response_ = nullptr;
  began_ = chunked_ = request_ended_ = end_given_ = false;
  reading_ = drained_ = last_ = end_sent_ = over_ = false;
  set_deadline(worker_.clock.steady() + worker_.times.head);
}

void RequestStream::on_request(std::size_t head_bytes) {
  began_ = true;
  chunked_ = worker_.request_head.body == http::BodyKind::chunked;
  use_forward().start(head_bytes);
}

void RequestStream::on_refused(const http::Refusal& refusal) {
  answer({HCode::h26, refusal.status, refusal.why});
}

void RequestStream::on_data(std::string_view bytes) {
  held_ += bytes.size();
  if (over_) return give_back(bytes.size());
  body_.acquire(worker_.blocks);
  body_.append(bytes);  // no window is wider than a block
  connection_->wake_soon(*this);
}

void RequestStream::on_request_end() {
  request_ended_ = true;
  if (connection_ != nullptr) connection_->wake_soon(*this);
}

void RequestStream::on_wake() {
  const ClientSide::Ptr hold(this);
  if (std::exchange(drained_, false)) forward_->on_client_writable();
  if (!reading_ || connection_ == nullptr) return;
  const bool has_more = !body_.empty() || (chunked_ && request_ended_ && !end_given_);
  if (!has_more && !request_ended_) return;
  reading_ = false;
  forward_->on_client_read(has_more ? ErrorCode() : ErrorCode(asio::error::eof));
}

void RequestStream::on_closed() {
  const ClientSide::Ptr hold(this);
  // What was received for it weighs on the connection's window alone now.
  nghttp2_session_consume_connection(connection_->native(), held_);
  if (std::exchange(sending_, false)) connection_->count_sending(false);
  connection_ = nullptr;
  TimerWheel::cancel(*this);
  body_.release();
  reading_ = false;
  if (end_sent_) return;  // the exchange is about to hear that it is done
  drained_ = false;
  if (forward_) forward_->on_client_gone();
}

std::string_view RequestStream::outgoing() const {
  if (response_ != nullptr) return response_->view();
  return std::string_view(answer_).substr(answer_sent_);
}

// After each change of outgoing().
void RequestStream::note_sending() {
  const bool now = connection_ != nullptr && !outgoing().empty();
  if (now == std::exchange(sending_, now)) return;
  connection_->count_sending(now);
}

RequestStream::Part RequestStream::next_part(std::size_t bytes_max) const {
  const std::string_view bytes = outgoing();
  const std::size_t size = std::min(bytes.size(), bytes_max);
  return {bytes.substr(0, size), last_ && size == bytes.size()};
}

bool RequestStream::send_trailers() {
  auto& fields = connection_->fields();
  add_lines(fields, trailers_out_);
  if (fields.empty()) return false;
  return nghttp2_submit_trailer(connection_->native(), id_, fields.data(), fields.size()) == 0;
}

void RequestStream::on_sent(std::size_t bytes) {
  connection_->count_progress();
  if (response_ == nullptr) {
    answer_sent_ += bytes;
    return note_sending();
  }
  response_->consume(bytes);
  forward_->on_client_took();
  if (!response_->empty()) return;
  response_ = nullptr;
  note_sending();
  drained_ = true;
  connection_->wake_soon(*this);
}

bool RequestStream::on_end_sent() {
  end_sent_ = true;
  if (over_) TimerWheel::cancel(*this);
  return request_ended_;
}

bool RequestStream::take_body() {
  if (connection_ == nullptr) return false;
  if (held_ > body_.size()) give_back(held_ - body_.size());
  if (input_.empty()) frame_body();
  return !input_.empty();
}

void RequestStream::give_back(std::size_t bytes) {
  held_ -= bytes;
  nghttp2_session_consume(connection_->native(), id_, bytes);
  connection_->flush_soon();
}

void RequestStream::frame_body() {
  const std::size_t size = body_.size();
  const bool ends = chunked_ && request_ended_ && !end_given_;
  if (size == 0 && !ends) return;
  if (size > 0) {
    input_ = std::move(body_);
  } else {
    input_.acquire(worker_.blocks);
    input_.rewind();
  }
  if (!chunked_) return;
  if (size > 0) {
    char line[20];
    const auto end = fmt::format_to_n(line, sizeof line, "{:x}\r\n", size).out;
    input_.prepend({line, static_cast<std::size_t>(end - line)});
    input_.append("\r\n");
  }
  if (!ends || input_.space_bytes() < trailers_in_.size() + 8) return;
  input_.append("0\r\n");
  input_.append(trailers_in_);
  input_.append("\r\n");
  end_given_ = true;
}

void RequestStream::read_body() {
  reading_ = true;
  if (connection_ != nullptr) connection_->wake_soon(*this);
}

bool RequestStream::send_continue() {
  if (connection_ == nullptr) return false;
  auto& fields = connection_->fields();
  add_field(fields, ":status", "100");
  nghttp2_submit_headers(connection_->native(), NGHTTP2_FLAG_NONE, id_, nullptr, fields.data(),
                         fields.size(), nullptr);
  connection_->flush_soon();
  return true;
}

bool RequestStream::send_interim(const http::ResponseHead& head) {
  if (connection_ == nullptr) return false;
  auto& fields = connection_->fields();
  add_response(fields, head, {});
  nghttp2_submit_headers(connection_->native(), NGHTTP2_FLAG_NONE, id_, nullptr, fields.data(),
                         fields.size(), nullptr);
  connection_->flush_soon();
  return true;
}

void RequestStream::put_head(const http::ResponseHead& head, const http::ResponseWriting& how,
                             Buffer&, bool last) {
  if (connection_ == nullptr) return;
  add_response(connection_->fields(), head, how);
  submit(last);
}

// Of the fields that the connection holds.
void RequestStream::submit(bool last) {
  const Fields& fields = connection_->filled_fields();
  nghttp2_data_provider body{};
  body.source.ptr = this;
  body.read_callback = read_part;
  nghttp2_submit_response(connection_->native(), id_, fields.data(), fields.size(),
                          last ? nullptr : &body);
  last_ = last;
  connection_->flush_soon();
}

WriteResult RequestStream::send(Buffer& bytes, bool last) {
  if (connection_ == nullptr) return {IoState::failed, 0};
  response_ = &bytes;
  last_ = last;
  note_sending();
  nghttp2_session_resume_data(connection_->native(), id_);
  connection_->flush_soon();
  return {IoState::would_block, 0};
}

bool RequestStream::reads_on() {
  if (connection_ == nullptr) return false;
  nghttp2_session* session = connection_->native();
  const bool open = nghttp2_session_get_stream_remote_window_size(session, id_) > 0 &&
                    nghttp2_session_get_remote_window_size(session) > 0;
  return open && connection_->reads_on();
}

void RequestStream::exchange_done(After) {
  over_ = true;
  response_ = nullptr;
  if (connection_ == nullptr) return;
  note_sending();
  if (held_ > 0) give_back(held_);
  body_.release();
  input_.release();
  if (end_sent_) return TimerWheel::cancel(*this);
  set_deadline(worker_.clock.steady() + worker_.times.stream_idle);
  if (std::exchange(last_, true)) return;
  nghttp2_session_resume_data(connection_->native(), id_);
  connection_->flush_soon();
}

void RequestStream::answer(const Answer& what) {
  over_ = true;
  drained_ = false;
  if (connection_ == nullptr) return;
  Page page = make_page(what);
  const std::string status = fmt::format("{}", page.status);
  const std::string size = fmt::format("{}", page.body.size());
  auto& fields = connection_->fields();
  add_field(fields, ":status", status);
  add_field(fields, "content-type", page.content_type);
  add_field(fields, "content-length", size);
  add_field(fields, "server", "davit");
  const std::string retry_after = fmt::format("{}", page.retry_after);
  if (page.retry_after > 0) add_field(fields, "retry-after", retry_after);
  if (page.location.empty()) {
    add_field(fields, "cache-control", "no-store");
  } else {
    add_field(fields, "location", page.location);
  }
  if (!what.style.head_only) answer_ = std::move(page.body);
  answer_sent_ = 0;
  note_sending();
  if (held_ > 0) give_back(held_);
  body_.release();
  input_.release();
  set_deadline(worker_.clock.steady() + worker_.times.stream_idle);
  submit(answer_.empty());
  last_ = true;
}

void RequestStream::abort() {
  over_ = true;
  drained_ = false;
  response_ = nullptr;
  answer_.clear();
  if (connection_ == nullptr) return;
  note_sending();
  nghttp2_submit_rst_stream(connection_->native(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_INTERNAL_ERROR);
  connection_->flush_soon();
}

Stream RequestStream::release_stream() {
  ensure(false, "an HTTP/2 request asks for no upgrade");
  std::abort();
}

void RequestStream::on_deadline() {
  const ClientSide::Ptr hold(this);
  if (connection_ == nullptr) return;
  if (over_) return abort();
  // Fields that come this slowly hold up every other stream: none can come between them.
  if (!began_) return connection_->terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  forward_->on_deadline();
}

}  // namespace davit::router::h2
