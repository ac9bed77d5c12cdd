#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "router/error_pages.hpp"
#include "router/protocol/messages.hpp"

namespace davit::router {

// What one request leaves in its app's log. Strings keep their capacity from request to request.
struct LogRecord {
  std::string app;
  std::string method;
  std::string path;
  std::string host;
  std::string request_id;
  std::string forwarded_for;
  std::string dyno;  // empty: none had it
  std::int64_t connect_ms = -1;
  std::int64_t service_ms = -1;  // -1: no dyno took it
  std::int64_t queue_ms = -1;    // waited for a dyno; -1: did not have to
  int status = 0;
  std::uint64_t bytes = 0;     // of the body, to the client
  std::uint64_t received = 0;  // of the body, from the client
  int minor = 1;
  bool http2 = false;
  const char* tls_version = "";  // "tls1.3"; empty: plain
  HCode code = HCode::none;
  bool as_json = false;  // the app wants it so
  bool pinned = false;   // its affinity cookie named the dyno
  void clear();
};

// The vendor's line: `at=info method=GET path="/" host=... `.
std::string format_line(const LogRecord& record);

// The line, and what is counted of it.
LogLine make_line(const LogRecord& record, std::int64_t at_micros);

// Lines on their way to davitd: kept until it has stored them, up to limits::log_spool_bytes_max;
// then the oldest go, and are counted. main thread only.
class AccessLog {
 public:
  class Reader {
   public:
    virtual void on_log_lines() = 0;  // there is something to take

   protected:
    ~Reader() = default;
  };

  // Sequence numbers start here: a value that grows from run to run (the wall clock), so that a
  // reader who remembers the last one of an earlier router takes no new line for an old one.
  explicit AccessLog(std::uint64_t first_sequence) : next_sequence_(first_sequence) {}

  // Its sequence is ours to give. Also a line of the router whose place we took, with its origin.
  void append(LogLine line);
  void count_dropped(std::uint64_t lines);  // that never came here
  void set_reader(Reader* reader) { reader_ = reader; }
  // A new reader starts with the oldest line that is not acknowledged.
  void rewind() { taken_ = 0; }
  bool has_more() const { return taken_ < lines_.size() || dropped_ > 0; }
  LogBatch take_batch();
  void acknowledge(std::uint64_t sequence);
  std::size_t bytes() const { return bytes_; }

 private:
  void drop_oldest();

  std::deque<LogLine> lines_;
  std::size_t taken_ = 0;  // of lines_, from its front: sent, not yet acknowledged
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t next_sequence_;
  Reader* reader_ = nullptr;
};

}  // namespace davit::router
