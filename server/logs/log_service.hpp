#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"

namespace davit::logs {

enum class Source {
  app,
  heroku
};  // who says it: the app's own output, or the platform ("heroku", as tools expect)

struct Line {
  AppId app;
  WallTime at;
  Source source = Source::app;
  std::string process;  // "web.1", "router", "api", "build"
  bool cut = false;     // `text` goes on in the next line, and is marked so
  std::string text;     // one line, no newline; any bytes come out as valid UTF-8
  // Where it came from, so that a line that is offered twice after a crash is stored once: the
  // stream's id (a DynoId, or one run of the router) and the position after the line, above 0. A
  // stream whose positions begin anew needs another id, or its lines are taken for repetitions.
  // Empty: no such check.
  std::string stream;
  std::uint64_t position = 0;
};

struct Stored {
  std::uint64_t sequence = 0;  // per app, from 1, grows by 1
  std::string text;            // "2026-01-01T00:00:00.000000+00:00 app[web.1]: text"
  Source source = Source::app;
  std::string process;
};

struct Filter {
  std::optional<Source> source;
  std::string dyno;  // "web.1" or "web"; empty: all
};

// A reader that follows one app. Bounded: a slow reader loses the oldest lines and is told by an
// L11-like line.
class Tail {
 public:
  virtual ~Tail() = default;
  virtual Task<std::vector<Stored>>
  next() = 0;  // at least one line; cancellable; empty once the app is destroyed
};

// All apps' logs: recent lines in memory, all within a byte budget in segment files under
// <data>/logs/<app id>/. io thread only; file work runs on its own thread. append() returns once
// the line is written (write(2)) to its segment, so a davit-dyno's or router's spool may be
// acknowledged then; also when the disk refused, which a later heroku[logs] line tells. Destruction
// writes what was offered and ends every tail: join who awaits append() before.
class LogService {
 public:
  virtual ~LogService() = default;
  virtual Task<> append(std::vector<Line> lines) = 0;
  // The position up to which a stream's lines are stored; 0 when none is.
  virtual std::uint64_t stored_position(const AppId& app, const std::string& stream) const = 0;
  virtual std::vector<Stored> recent(const AppId& app, std::size_t lines_max,
                                     const Filter& filter) const = 0;
  // Lines with a sequence above `after` that are still in memory come first.
  virtual std::unique_ptr<Tail> tail(const AppId& app, Filter filter, std::uint64_t after) = 0;
  virtual Task<> remove(const AppId& app) = 0;
};

struct LogConfig {
  std::string directory;                           // <data>/logs
  std::uint64_t app_bytes_max = 16 * 1024 * 1024;  // on disk, per app
  std::size_t recent_lines_max = 1500;             // in memory, per app (the vendor's number)
};

// Reads the tails of what is on disk first (blocking; at start).
Result<std::unique_ptr<LogService>> make_log_service(asio::any_io_executor executor,
                                                     LogConfig config);

}  // namespace davit::logs
