#pragma once
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::cli {

struct ServerEvent {
  std::string id;    // the last one seen when the event came
  std::string data;  // lines joined by "\n"
};

// Server-sent events (WHATWG HTML, 9.2.6), fed with bytes as they come. No I/O.
class SseParser {
 public:
  explicit SseParser(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

  // too_large: an event over the limit; give the stream up.
  Result<> feed(std::string_view bytes);
  std::optional<ServerEvent> next();
  const std::string& last_id() const { return last_id_; }
  // The connection broke: what was half received is void, the last id stays.
  void reset();

 private:
  void take_line(std::string_view line);

  std::size_t event_bytes_max_;
  std::string line_;
  bool after_cr_ = false;
  std::string data_;
  bool has_data_ = false;
  std::string pending_id_;
  std::string last_id_;
  std::deque<ServerEvent> ready_;
};

}  // namespace davit::cli
