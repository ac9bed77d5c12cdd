#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.hpp"
#include "cli/http/sse.hpp"
#include "cli/session.hpp"

namespace davit::cli {

struct LogQuery {
  int lines = 100;
  bool tail = false;
  std::string dyno;
  std::string source;
};

// Prints an app's log. With tail it holds on through a restart of the server: it comes back to the
// session with Last-Event-ID, or opens a new one when that is gone, and prints no line twice. One
// thread; blocking.
class LogFollower {
 public:
  LogFollower(Session& session, ApiClient& api, std::string app_path, LogQuery query);
  Result<> run();

 private:
  Result<> open_session();
  Result<> read_stream();
  Result<> wait_before_retry(const Error& why);
  bool take(std::string_view bytes);
  void print(const ServerEvent& event);

  Session& session_;
  ApiClient& api_;
  std::string app_path_;
  LogQuery query_;
  std::string url_;
  SseParser parser_;
  std::optional<Error> broken_;  // why the stream was given up
  long long last_printed_ = 0;   // event ids are the line's number in the app's log
  int failures_ = 0;             // in a row, since the last line
};

}  // namespace davit::cli
