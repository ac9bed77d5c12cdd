#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "logs_fixture.hpp"

namespace davit::logs {
namespace {

using testing::ElementsAre;

class TailTest : public LogsTest {
 protected:
  static Task<> read(Tail& tail, std::vector<Stored>& into) { into = co_await tail.next(); }
  std::vector<Stored> next(Tail& tail) {
    std::vector<Stored> lines;
    run(read(tail, lines));
    return lines;
  }
};

TEST_F(TailTest, StartsAfterWhatWasReadAndFollows) {
  append_many(1, 5);
  const auto tail = service_->tail(app_, {}, 3);
  EXPECT_THAT(messages(next(*tail)), ElementsAre("4", "5"));
  append_many(6, 7);
  append_many(8, 8);
  const auto lines = next(*tail);
  EXPECT_THAT(messages(lines), ElementsAre("6", "7", "8"));
  EXPECT_EQ(lines[0].sequence, 6u);
}

TEST_F(TailTest, WaitsForTheFirstLineOfAnAppWithoutLogs) {
  const auto tail = service_->tail(app_, {}, 0);
  std::vector<Stored> lines;
  asio::co_spawn(io_, read(*tail, lines),
                 [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
  io_.poll();
  EXPECT_TRUE(lines.empty());
  append("first");
  EXPECT_THAT(messages(lines), ElementsAre("first"));
}

TEST_F(TailTest, FiltersWhatItGives) {
  const auto tail = service_->tail(app_, {Source::app, "worker"}, 0);
  append(std::vector{line("w", "web.1"), line("x", "worker.1"), line("y", "worker.2")});
  EXPECT_THAT(messages(next(*tail)), ElementsAre("x", "y"));
}

TEST_F(TailTest, ASlowReaderLosesTheOldestAndIsTold) {
  const auto tail = service_->tail(app_, {}, 0);
  append_many(1, 1'300);
  const auto lines = next(*tail);
  ASSERT_EQ(lines.size(), 1'001u);
  EXPECT_EQ(lines[0].text,
            "2026-01-01T00:00:00.000300+00:00 heroku[logplex]: Error L11 (Tail buffer overflow): "
            "300 messages dropped");
  EXPECT_EQ(message(lines[1]), "301");
  EXPECT_EQ(message(lines.back()), "1300");
  append("after");
  EXPECT_THAT(messages(next(*tail)), ElementsAre("after"));
}

TEST_F(TailTest, TheLinesAReaderStartsWithDoNotOverflow) {
  append_many(1, 1'400);
  const auto tail = service_->tail(app_, {}, 0);
  const auto lines = next(*tail);
  EXPECT_EQ(lines.size(), 1'400u);
  EXPECT_EQ(message(lines[0]), "1");
}

TEST_F(TailTest, RemovingTheAppEndsItsReadersOnceTheyHaveRead) {
  const auto waiting = service_->tail(app_, {}, 0);
  const auto behind = service_->tail(app_, {}, 0);
  append("last words");
  EXPECT_EQ(next(*waiting).size(), 1u);
  bool ended = false;
  std::vector<Stored> lines(1);
  asio::co_spawn(io_, read(*waiting, lines), [&](std::exception_ptr) { ended = true; });
  run(service_->remove(app_));
  EXPECT_TRUE(ended);
  EXPECT_TRUE(lines.empty());
  EXPECT_THAT(messages(next(*behind)), ElementsAre("last words"));
  EXPECT_TRUE(next(*behind).empty());
  EXPECT_TRUE(next(*service_->tail(app_, {}, 0)).empty());
}

TEST_F(TailTest, AWaitingReaderCanBeCancelled) {
  const auto tail = service_->tail(app_, {}, 0);
  std::vector<Stored> lines;
  asio::cancellation_signal stop;
  std::exception_ptr failure;
  bool ended = false;
  asio::co_spawn(io_, read(*tail, lines),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr reason) {
                   failure = reason;
                   ended = true;
                 }));
  io_.poll();
  stop.emit(asio::cancellation_type::terminal);
  io_.restart();
  io_.run();
  ASSERT_TRUE(ended);
  ASSERT_TRUE(failure);
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::operation_aborted);
  }
  append("later");  // the tail itself is as good as before
  EXPECT_THAT(messages(next(*tail)), ElementsAre("later"));
}

TEST_F(TailTest, AReaderThatIsGoneIsForgotten) {
  service_->tail(app_, {}, 0).reset();
  append("a");
  EXPECT_THAT(recent(), ElementsAre("a"));
}

TEST_F(TailTest, ReadersEndWithTheService) {
  const auto tail = service_->tail(app_, {}, 0);
  service_.reset();
  EXPECT_TRUE(next(*tail).empty());
}

TEST_F(TailTest, TwoReadersSeeTheSameInTheSameOrder) {
  const auto one = service_->tail(app_, {}, 0);
  const auto two = service_->tail(app_, {}, 0);
  append_many(1, 500);
  EXPECT_EQ(messages(next(*one)), messages(next(*two)));
}

}  // namespace
}  // namespace davit::logs
