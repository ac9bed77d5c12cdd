#pragma once
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "server/logs/log_service.hpp"

namespace davit::api {

struct LogSession {
  AppId app;
  std::size_t lines = 0;
  bool tail = false;
  logs::Filter filter;
};

// Log URLs that were given out: the secret in the URL is the permission, for a while. Bounded per
// app and over all; the oldest makes room. io thread only.
class LogSessions {
 public:
  LogSessions(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  std::string open(LogSession session);  // its secret
  std::optional<LogSession> find(const std::string& secret);
  std::size_t size() const { return sessions_.size(); }

 private:
  struct Entry {
    LogSession session;
    SteadyTime opened_at;
    SteadyTime expires_at;
  };
  void make_room(const AppId& app);

  const Clock& clock_;
  Random& random_;
  std::map<std::string, Entry> sessions_;
};

}  // namespace davit::api
