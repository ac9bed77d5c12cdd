#include <charconv>
#include <nlohmann/json.hpp>

#include "base/race.hpp"
#include "base/time_format.hpp"
#include "server/api/handlers.hpp"
#include "server/api/logs/log_format.hpp"
#include "server/api/shape/accept.hpp"
#include "server/api/shape/stream_slot.hpp"
#include "server/auth/secrets.hpp"

namespace davit::api {
namespace {

Result<LogSession> parse_session(const JsonObject& body, const AppId& app) {
  LogSession session;
  session.app = app;
  const auto lines = body.integer("lines");
  if (!lines) return lines.error();
  const auto wanted = lines->value_or(static_cast<std::int64_t>(limits::log_lines_default));
  if (wanted < 0) return fail(Errc::invalid_argument, "lines: must be 0 or more");
  session.lines = std::min<std::size_t>(static_cast<std::size_t>(wanted), limits::log_lines_max);
  const auto tail = body.flag("tail");
  if (!tail) return tail.error();
  session.tail = tail->value_or(false);
  auto source = body.text("source");
  if (!source) return std::move(source).error();
  if (*source && **source != "app" && **source != "heroku") {
    return fail(Errc::invalid_argument, "source: must be app or heroku");
  }
  if (*source) session.filter.source = **source == "app" ? logs::Source::app : logs::Source::heroku;
  // Older clients call it "dyno", newer ones "dyno_name" or "type".
  for (const char* key : {"dyno", "dyno_name", "type"}) {
    auto text = body.text(key);
    if (!text) return std::move(text).error();
    if (!*text) continue;
    const bool known =
        ProcessType::parse(**text).has_value() || DynoName::parse(**text).has_value();
    if (!known) return fail(Errc::invalid_argument, "{}: must be like web or web.1", key);
    session.filter.dyno = std::move(**text);
  }
  return session;
}

Task<> take_next(logs::Tail& tail, std::optional<std::vector<logs::Stored>>& lines) {
  lines = co_await tail.next();
}

// What the tail has next; nothing when the heartbeat is due first. Lines that come at the same
// moment are not lost: both outcomes are looked at.
Task<std::optional<std::vector<logs::Stored>>> next_or_heartbeat(logs::Tail& tail) {
  std::optional<std::vector<logs::Stored>> lines;
  auto next = take_next(tail, lines);
  const auto ended = co_await within(limits::heartbeat, std::move(next));
  const auto& failure = ended.failures.front();
  // Cancelled because the timer was first: no news. Anything else is the tail's own trouble.
  if (failure && ended.in_time()) std::rethrow_exception(failure);
  co_return lines;
}

struct Stream {
  logs::Filter filter;
  LineForm form = LineForm::plain;
  std::uint64_t after = 0;
};

Task<> follow(Context& context, http::Exchange& exchange, AppId app, Stream stream) {
  const auto tail = context.services.logs.tail(app, stream.filter, stream.after);
  for (;;) {
    const auto lines = co_await next_or_heartbeat(*tail);
    if (lines && lines->empty()) co_return;  // the app is gone
    std::string bytes = lines ? format_lines(*lines, stream.form) : heartbeat(stream.form);
    if (bytes.empty()) continue;
    const auto sent = co_await exchange.write(std::move(bytes));
    if (!sent) co_return;
  }
}

http::ResponseHead stream_head(LineForm form) {
  http::ResponseHead head;
  head.fields.add("Content-Type",
                  form == LineForm::events ? "text/event-stream" : "text/plain; charset=utf-8");
  head.fields.add("Cache-Control", "no-store");
  head.fields.add("X-Content-Type-Options", "nosniff");
  return head;
}

// Where the last connection of the same EventSource ended. 0: not given.
std::uint64_t last_event_id(const http::Request& request) {
  const auto text = request.fields.get("Last-Event-ID");
  std::uint64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return id;
}

}  // namespace

Task<Result<Reply>> log_session_create(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  auto session = parse_session(*body, call.the_app().id);
  if (!session) co_return std::move(session).error();
  const std::string secret = context.log_sessions.open(std::move(*session));
  const std::string now = iso8601(context.services.clock.wall());
  co_return json_reply(201, {{"id", auth::derived_uuid("log-session/" + secret)},
                             {"logplex_url", context.options.urls.control() + "/logs/" + secret},
                             {"created_at", now},
                             {"updated_at", now}});
}

Task<Result<Reply>> log_stream(Context& context, Call& call) {
  const auto session = context.log_sessions.find(call.param("secret"));
  if (!session) {
    co_return fail(Errc::not_found,
                   "Couldn't find that log session: it has expired. Run `davit logs` again.");
  }
  const auto slot = StreamSlot::take(context, session->app);
  if (!slot) co_return slot.error();
  Stream stream;
  stream.filter = session->filter;
  const bool events = accepts_event_stream(call.request().fields.get("Accept"));
  stream.form = events ? LineForm::events : LineForm::plain;
  auto& logs = context.services.logs;
  // All without a suspension in between: no line is lost or told twice between the backlog and the
  // tail.
  const auto newest = logs.recent(session->app, 1, {});
  stream.after = newest.empty() ? 0 : newest.back().sequence;
  std::vector<logs::Stored> backlog;
  if (session->lines > 0) backlog = logs.recent(session->app, session->lines, session->filter);
  const std::uint64_t seen = last_event_id(call.request());
  if (seen > 0) {
    std::erase_if(backlog, [&](const logs::Stored& line) { return line.sequence <= seen; });
    if (session->tail) {
      backlog.clear();
      stream.after = std::min(seen, stream.after);
    }
  }
  std::string first = format_lines(backlog, stream.form);
  auto head = stream_head(stream.form);
  const auto started = co_await call.exchange.start(std::move(head));
  if (!started) co_return streamed_reply();
  if (!first.empty()) {
    const auto sent = co_await call.exchange.write(std::move(first));
    if (!sent) co_return streamed_reply();
  }
  if (session->tail) co_await follow(context, call.exchange, session->app, std::move(stream));
  (void)co_await call.exchange.finish();
  co_return streamed_reply();
}

}  // namespace davit::api
