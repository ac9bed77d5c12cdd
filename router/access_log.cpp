#include "router/access_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "router/json_line.hpp"
#include "router/limits.hpp"

namespace davit::router {
namespace {

// Whatever a client put there cannot end the quotes, nor the line.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  text = text.substr(0, limits::log_path_bytes_max);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"') {
      out += "%22";
    } else {
      out += byte < 0x20 || byte == 0x7f ? '?' : c;
    }
  }
  out += '"';
}

// Each request has such a line: this takes a third of what fmt does.
template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 24> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), written.ptr);
}

void append_millis(std::string& out, std::string_view key, std::int64_t millis) {
  out.append(key);
  if (millis < 0) return;
  append_number(out, millis);
  out.append("ms");
}

std::size_t cost(const LogLine& line) {
  return sizeof line + line.app.size() + line.text.size() + line.origin.size();
}

}  // namespace

void LogRecord::clear() {
  for (std::string* text : {&app, &method, &path, &host, &request_id, &forwarded_for, &dyno})
    text->clear();
  connect_ms = service_ms = queue_ms = -1;
  status = 0;
  bytes = received = 0;
  minor = 1;
  http2 = false;
  tls_version = "";
  code = HCode::none;
  as_json = pinned = false;
}

std::string format_line(const LogRecord& record) {
  std::string line;
  line.reserve(256 + record.path.size() + record.host.size() + record.forwarded_for.size());
  if (record.code == HCode::none) {
    line = "at=info";
  } else {
    const HInfo& info = describe(record.code);
    if (!info.sock.empty()) fmt::format_to(std::back_inserter(line), "sock={} ", info.sock);
    fmt::format_to(std::back_inserter(line), "at={} code={} desc=\"{}\"", info.severity, info.code,
                   info.desc);
  }
  line.append(" method=").append(record.method).append(" path=");
  append_quoted(line, record.path);
  line.append(" host=").append(record.host).append(" request_id=").append(record.request_id);
  line.append(" fwd=");
  append_quoted(line, record.forwarded_for);
  line.append(" dyno=").append(record.dyno);
  append_millis(line, " connect=", record.connect_ms);
  append_millis(line, " service=", record.service_ms);
  line.append(" status=");
  append_number(line, record.status);
  line.append(" bytes=");
  append_number(line, record.bytes);
  line.append(" protocol=");
  line.append(record.http2 ? "http2" : record.minor == 1 ? "http1.1" : "http1.0");
  const std::string_view tls_version = record.tls_version;
  line.append(tls_version.empty() ? " tls=false" : " tls=true tls_version=").append(tls_version);
  // Not the vendor's, so at the end, where its readers stumble least.
  if (record.queue_ms >= 0) append_millis(line, " queue=", record.queue_ms);
  return line;
}

LogLine make_line(const LogRecord& record, std::int64_t at_micros) {
  LogLine line;
  line.app = record.app;
  line.at_micros = at_micros;
  line.text = record.as_json ? format_json_line(record) : format_line(record);
  line.status = record.status;
  line.service_ms = record.service_ms;
  line.queue_ms = record.queue_ms;
  return line;
}

void AccessLog::append(LogLine line) {
  line.sequence = next_sequence_++;
  lines_.push_back(std::move(line));
  bytes_ += cost(lines_.back());
  while (bytes_ > limits::log_spool_bytes_max) drop_oldest();
  if (reader_) reader_->on_log_lines();
}

void AccessLog::count_dropped(std::uint64_t lines) {
  if (lines == 0) return;
  dropped_ += lines;
  if (reader_) reader_->on_log_lines();
}

void AccessLog::drop_oldest() {
  bytes_ -= cost(lines_.front());
  lines_.pop_front();
  // A line that was sent may have been stored: only one that was never taken is surely lost.
  if (taken_ > 0) {
    --taken_;
  } else {
    ++dropped_;
  }
}

LogBatch AccessLog::take_batch() {
  LogBatch batch;
  batch.dropped = std::exchange(dropped_, 0);
  const std::size_t count = std::min(lines_.size() - taken_, limits::log_batch_lines_max);
  batch.lines.reserve(count);
  for (std::size_t i = 0; i < count; ++i) batch.lines.push_back(lines_[taken_ + i]);
  taken_ += count;
  return batch;
}

void AccessLog::acknowledge(std::uint64_t sequence) {
  while (!lines_.empty() && lines_.front().sequence <= sequence) {
    bytes_ -= cost(lines_.front());
    lines_.pop_front();
    if (taken_ > 0) --taken_;
  }
}

}  // namespace davit::router
