#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include "server/api/logs/log_format.hpp"
#include "server/api/logs/log_sessions.hpp"
#include "tests/unit/server_api/api_fixture.hpp"

namespace davit::test {
namespace {

class LogsTest : public ApiTest {
 protected:
  LogsTest() : app_(make_app("blog")) {
    logs_.say(app_.id, "web.1", "one");
    logs_.say(app_.id, "router", "two");
    logs_.say(app_.id, "web.2", "three");
  }
  std::string open(const nlohmann::json& body) {
    const auto made = send("POST", "/apps/blog/log-sessions", body);
    EXPECT_EQ(made.status, 201) << made.body;
    const std::string url = made.json.value("logplex_url", "");
    EXPECT_TRUE(url.starts_with("http://localhost:8080/logs/")) << url;
    return url.substr(std::string("http://localhost:8080").size());
  }
  Answer fetch(const std::string& path, std::vector<std::pair<std::string, std::string>> fields) {
    return ask({"GET", path, "", std::move(fields), "-"});
  }
  // Runs until the handler waits for something.
  void settle() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }
  store::App app_;
};

TEST_F(LogsTest, ADumpIsPlainTextAndEnds) {
  const auto answer = fetch(open({{"lines", 2}}), {});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.fields.get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.body,
            "2026-01-01T00:00:00.000000+00:00 heroku[router]: two\n"
            "2026-01-01T00:00:00.000000+00:00 app[web.2]: three\n");
}

TEST_F(LogsTest, TheSameUrlGivesEventsToThoseWhoAsk) {
  const auto answer = fetch(open({{"lines", 1}}), {{"Accept", "text/event-stream"}});
  EXPECT_EQ(answer.fields.get("Content-Type"), "text/event-stream");
  EXPECT_EQ(answer.body, "id: 5\ndata: 2026-01-01T00:00:00.000000+00:00 app[web.2]: three\n\n");
}

TEST_F(LogsTest, FiltersAreKept) {
  EXPECT_EQ(fetch(open({{"source", "heroku"}}), {}).body,
            "2026-01-01T00:00:00.000000+00:00 heroku[router]: two\n");
  EXPECT_EQ(fetch(open({{"dyno", "web.1"}}), {}).body,
            "2026-01-01T00:00:00.000000+00:00 app[web.1]: one\n");
  EXPECT_EQ(send("POST", "/apps/blog/log-sessions", {{"source", "mars"}}).status, 422);
  EXPECT_EQ(send("POST", "/apps/blog/log-sessions", {{"lines", "many"}}).status, 422);
  EXPECT_EQ(send("POST", "/apps/blog/log-sessions", {{"dyno", "../x"}}).status, 422);
}

TEST_F(LogsTest, ATailFollowsUntilTheClientIsGone) {
  const auto exchange = exchange_for(
      {"GET", open({{"tail", true}, {"lines", 1}}), "", {{"Accept", "text/event-stream"}}, "-"});
  bool ended = false;
  asio::co_spawn(io_, api_.handle(*exchange), [&](std::exception_ptr) { ended = true; });
  settle();
  EXPECT_TRUE(exchange->answer.ends_with("three\n\n")) << exchange->answer;
  logs_.say(app_.id, "web.1", "four");
  settle();
  EXPECT_TRUE(
      exchange->answer.ends_with("id: 6\ndata: 2026-01-01T00:00:00.000000+00:00 "
                                 "app[web.1]: four\n\n"))
      << exchange->answer;
  EXPECT_FALSE(ended);
  exchange->writes_until_gone = 0;
  logs_.say(app_.id, "web.1", "five");
  settle();
  EXPECT_TRUE(ended);
}

TEST_F(LogsTest, AReconnectGoesOnWhereItWas) {
  const auto exchange = exchange_for({"GET",
                                      open({{"tail", true}}),
                                      "",
                                      {{"Accept", "text/event-stream"}, {"Last-Event-ID", "4"}},
                                      "-"});
  asio::co_spawn(io_, api_.handle(*exchange), [](std::exception_ptr) {});
  settle();
  EXPECT_EQ(exchange->answer,
            "id: 5\ndata: 2026-01-01T00:00:00.000000+00:00 app[web.2]: three\n\n");
  run(logs_.remove(app_.id));
  settle();
  EXPECT_TRUE(exchange->finished) << "a destroyed app ends its tails";
}

TEST_F(LogsTest, ACancelledTailStops) {
  const auto exchange = exchange_for({"GET", open({{"tail", true}}), "", {}, "-"});
  asio::cancellation_signal stop;
  bool ended = false;
  asio::co_spawn(
      io_, api_.handle(*exchange),
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { ended = true; }));
  settle();
  stop.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(ended);
}

TEST_F(LogsTest, UrlsExpireAndCannotBeGuessed) {
  const std::string path = open({{"lines", 1}});
  EXPECT_EQ(fetch("/logs/guess", {}).status, 404);
  clock_.advance(std::chrono::minutes(6));
  EXPECT_EQ(fetch(path, {}).status, 404);
}

TEST(LogSessions, AreBoundedPerApp) {
  FakeClock clock;
  SeededRandom random(5);
  api::LogSessions sessions(clock, random);
  api::LogSession session;
  session.app = AppId::make(random);
  const std::string first = sessions.open(session);
  for (std::size_t i = 0; i < api::limits::log_sessions_per_app; ++i) {
    clock.advance(std::chrono::milliseconds(1));
    sessions.open(session);
  }
  EXPECT_EQ(sessions.size(), api::limits::log_sessions_per_app);
  EXPECT_FALSE(sessions.find(first)) << "the oldest made room";
}

TEST(LogFormat, AnAppCannotForgeAnEvent) {
  const std::vector<logs::Stored> lines = {
      {7, "app[web.1]: progress\rid: 99", logs::Source::app, "web.1"}};
  EXPECT_EQ(api::format_lines(lines, api::LineForm::events),
            "id: 7\ndata: app[web.1]: progress\ndata: id: 99\n\n");
}

}  // namespace
}  // namespace davit::test
