#include "cli/log_follower.hpp"

#include <charconv>
#include <thread>

#include "cli/json_fields.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

constexpr std::size_t event_bytes_max = 1024 * 1024;  // the server cuts lines at 10 kB
// A server that restarts is back within seconds; an upgrade of its machine takes minutes.
constexpr int retries_max = 60;
constexpr std::chrono::seconds retry_pause_max{5};
// The server sends a comment every few seconds: a stream this silent is dead.
constexpr HttpTimeouts stream_timeouts{std::chrono::seconds(10), std::chrono::seconds(90)};

long long number_of(const std::string& id) {
  long long number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  return number;
}

bool may_pass(Errc code) { return code == Errc::unavailable || code == Errc::timeout; }

// "2026-01-01T00:00:00+00:00 app[web.1]: text": the part up to the colon, one colour per source.
std::string coloured(const Terminal& terminal, const std::string& line) {
  const auto end = line.find("]: ");
  if (end == std::string::npos) return line;
  const std::string head = line.substr(0, end + 2);
  const bool platform = head.find(" heroku[") != std::string::npos;
  const Colour colour = platform ? Colour::magenta : Colour::cyan;
  return terminal.paint(colour, head) + line.substr(end + 2);
}

}  // namespace

LogFollower::LogFollower(Session& session, ApiClient& api, std::string app_path, LogQuery query)
    : session_(session),
      api_(api),
      app_path_(std::move(app_path)),
      query_(std::move(query)),
      parser_(event_bytes_max) {}

Result<> LogFollower::open_session() {
  nlohmann::json body{{"lines", query_.lines}, {"tail", query_.tail}};
  if (!query_.dyno.empty()) body["dyno"] = query_.dyno;
  if (!query_.source.empty()) body["source"] = query_.source;
  const auto made = api_.post(app_path_ + "/log-sessions", body);
  if (!made) return made.error();
  url_ = text_at(*made, "logplex_url");
  if (url_.empty()) return fail(Errc::corrupt, "the server opened a log session without a URL");
  return {};
}

void LogFollower::print(const ServerEvent& event) {
  // A new session repeats lines that the old one showed.
  const long long number = number_of(event.id);
  if (number > 0 && number <= last_printed_) return;
  last_printed_ = std::max(last_printed_, number);
  failures_ = 0;
  session_.terminal().write(coloured(session_.terminal(), event.data) + "\n");
}

bool LogFollower::take(std::string_view bytes) {
  if (auto fed = parser_.feed(bytes); !fed) {
    broken_ = std::move(fed).error();
    return false;
  }
  while (const auto event = parser_.next()) print(*event);
  return true;
}

Result<> LogFollower::read_stream() {
  HttpFields fields{{"Accept", "text/event-stream"}};
  if (!parser_.last_id().empty()) fields.emplace_back("Last-Event-ID", parser_.last_id());
  parser_.reset();
  broken_.reset();
  const auto response = stream_url(url_, fields, stream_timeouts,
                                   [this](std::string_view bytes) { return take(bytes); });
  if (broken_) return *broken_;
  if (!response) return response.error();
  return {};
}

Result<> LogFollower::wait_before_retry(const Error& why) {
  if (++failures_ > retries_max) return why;
  if (failures_ == 1) session_.terminal().note("(the log stream broke; coming back to it)");
  const std::chrono::milliseconds pause(250 * failures_);
  std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(pause, retry_pause_max));
  return {};
}

Result<> LogFollower::run() {
  DAVIT_TRY(open_session());
  for (;;) {
    Result<> read = read_stream();
    if (!query_.tail) return read;
    if (!read && !may_pass(read.error().code)) {
      const Errc code = read.error().code;
      if (code != Errc::not_found && code != Errc::forbidden) return read;
    }
    const Error why =
        read ? fail(Errc::unavailable, "the server closed the log stream for good") : read.error();
    DAVIT_TRY(wait_before_retry(why));
    // The session died with the server that made it.
    if (why.code == Errc::not_found || why.code == Errc::forbidden) {
      Result<> opened = open_session();
      if (!opened && !may_pass(opened.error().code)) return opened;
    }
  }
}

}  // namespace davit::cli
