#include "cli/http/sse.hpp"

namespace davit::cli {

Result<> SseParser::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const bool second_of_crlf = c == '\n' && after_cr_;
    after_cr_ = c == '\r';
    if (second_of_crlf) continue;
    if (c == '\n' || c == '\r') {
      const std::string line = std::move(line_);
      line_.clear();
      take_line(line);
    } else {
      line_ += c;
    }
    if (line_.size() + data_.size() > event_bytes_max_) {
      return fail(Errc::too_large, "the server sent one event of more than {} bytes",
                  event_bytes_max_);
    }
  }
  return {};
}

void SseParser::take_line(std::string_view line) {
  if (line.empty()) {
    last_id_ = pending_id_;
    if (has_data_) ready_.push_back(ServerEvent{last_id_, std::move(data_)});
    data_.clear();
    has_data_ = false;
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value;
  if (colon != std::string_view::npos) value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (field == "id" && value.find('\0') == std::string_view::npos) {
    pending_id_ = value;
  }
}

std::optional<ServerEvent> SseParser::next() {
  if (ready_.empty()) return std::nullopt;
  ServerEvent event = std::move(ready_.front());
  ready_.pop_front();
  return event;
}

void SseParser::reset() {
  line_.clear();
  data_.clear();
  has_data_ = false;
  after_cr_ = false;
  pending_id_ = last_id_;
}

}  // namespace davit::cli
