#include <gmock/gmock.h>

#include "base/encoding.hpp"
#include "logs_fixture.hpp"

namespace davit::logs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LogServiceTest : public LogsTest {};

TEST_F(LogServiceTest, LinesHaveTheVendorsFormAndGrowingSequences) {
  append(std::vector{line("hello"), line("again")});
  auto third = line("State changed");
  third.source = Source::heroku;
  append(std::vector{third});
  const auto lines = service_->recent(app_, 10, {});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].text, "2026-01-01T00:00:00.000001+00:00 app[web.1]: hello");
  EXPECT_EQ(lines[2].text, "2026-01-01T00:00:00.000003+00:00 heroku[web.1]: State changed");
  EXPECT_EQ(lines[0].sequence, 1u);
  EXPECT_EQ(lines[2].sequence, 3u);
}

TEST_F(LogServiceTest, EachAppHasItsOwn) {
  auto foreign = line("theirs");
  foreign.app = other_;
  append(std::vector{line("ours"), foreign});
  EXPECT_THAT(recent(), ElementsAre("ours"));
  const auto theirs = service_->recent(other_, 10, {});
  ASSERT_EQ(theirs.size(), 1u);
  EXPECT_EQ(theirs[0].sequence, 1u);
  EXPECT_THAT(service_->recent(AppId::make(random_), 10, {}), IsEmpty());
}

TEST_F(LogServiceTest, RecentIsBoundedAndTheNewest) {
  append_many(1, 2000);
  EXPECT_EQ(recent().size(), config_.recent_lines_max);
  EXPECT_EQ(recent().front(), "501");
  EXPECT_THAT(recent(2), ElementsAre("1999", "2000"));
  EXPECT_THAT(recent(0), IsEmpty());
}

TEST_F(LogServiceTest, AFloodDoesNotWashAwayWhatThePlatformSaid) {
  auto loss = line("Error L10");
  loss.source = Source::heroku;
  append(std::vector{loss});
  append_many(1, 3000);
  EXPECT_THAT(recent(9, {Source::heroku, ""}), ElementsAre("Error L10"));
  EXPECT_EQ(recent(1500).front(), "1501") << "the usual view is the newest lines";
}

TEST_F(LogServiceTest, FiltersByDynoTypeAndSource) {
  auto router = line("at=info", "router");
  router.source = Source::heroku;
  append(std::vector{line("one", "web.1"), line("two", "web.2"), line("ten", "web.10"),
                     line("other", "webhook.1"), router});
  EXPECT_THAT(recent(9, {{}, "web.1"}), ElementsAre("one"));
  EXPECT_THAT(recent(9, {{}, "web"}), ElementsAre("one", "two", "ten"));
  EXPECT_THAT(recent(9, {{}, "router"}), ElementsAre("at=info"));
  EXPECT_THAT(recent(9, {Source::heroku, ""}), ElementsAre("at=info"));
  EXPECT_THAT(recent(1, {Source::app, "web"}), ElementsAre("ten"));
  EXPECT_THAT(recent(9, {Source::heroku, "web"}), IsEmpty());
}

TEST_F(LogServiceTest, ALineOfferedTwiceIsStoredOnce) {
  append(std::vector{streamed("a", 10), streamed("b", 20), streamed("a", 10)});
  append(std::vector{streamed("b", 20), streamed("c", 30), streamed("other", 5, "s2")});
  EXPECT_THAT(recent(), ElementsAre("a", "b", "c", "other"));
  EXPECT_EQ(service_->stored_position(app_, "s1"), 30u);
  EXPECT_EQ(service_->stored_position(app_, "s2"), 5u);
  EXPECT_EQ(service_->stored_position(app_, "s3"), 0u);
  EXPECT_EQ(service_->stored_position(other_, "s1"), 0u);
}

TEST_F(LogServiceTest, ARepetitionReturnsOnlyOnceTheFirstIsStored) {
  int returned = 0;
  const auto check = [&](std::exception_ptr) {
    ++returned;
    EXPECT_EQ(service_->stored_position(app_, "s1"), 10u);
  };
  asio::co_spawn(io_, service_->append(std::vector{streamed("a", 10)}), check);
  asio::co_spawn(io_, service_->append(std::vector{streamed("a", 10)}), check);
  EXPECT_EQ(service_->stored_position(app_, "s1"), 0u);
  io_.run();
  EXPECT_EQ(returned, 2);
  EXPECT_THAT(recent(), ElementsAre("a"));
}

TEST_F(LogServiceTest, ALongLineIsSplitAtTheVendorsLimit) {
  append(std::string(25'000, 'x'));
  const auto lines = recent();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], std::string(10'000, 'x') + "[…]");
  EXPECT_EQ(lines[1], std::string(10'000, 'x') + "[…]");
  EXPECT_EQ(lines[2], std::string(5'000, 'x'));
}

TEST_F(LogServiceTest, APieceOfALineThatWasCutBeforeIsMarked) {
  auto first = line("one");
  first.cut = true;
  append(std::vector{first, line("two")});
  EXPECT_THAT(recent(), ElementsAre("one[…]", "two"));
}

TEST_F(LogServiceTest, HostileBytesStayOneValidLine) {
  using std::string_literals::operator""s;
  const auto text = "bad \xff utf\nfake record\r \x1b[31m \0 end"s;
  append(text);
  append(std::vector{line("", "evil ]: name\n")});
  open();
  const auto lines = service_->recent(app_, 10, {});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text.find('\n'), std::string::npos);
  EXPECT_EQ(to_valid_utf8(lines[0].text), lines[0].text);
  EXPECT_TRUE(lines[0].text.ends_with(" end"));
  EXPECT_EQ(lines[1].process, "evil_]:_name_");
}

TEST_F(LogServiceTest, ManyAppendsAtOnceKeepTheirOrder) {
  int returned = 0;
  for (int i = 0; i < 300; ++i) {
    asio::co_spawn(io_, service_->append(std::vector{line(std::to_string(i))}),
                   [&](std::exception_ptr failure) {
                     EXPECT_FALSE(failure);
                     ++returned;
                   });
  }
  io_.run();
  EXPECT_EQ(returned, 300);
  const auto lines = service_->recent(app_, 1000, {});
  ASSERT_EQ(lines.size(), 300u);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].sequence, i + 1);
    EXPECT_EQ(message(lines[i]), std::to_string(i));
  }
}

TEST_F(LogServiceTest, AMemoryBoundHoldsForLongLinesToo) {
  std::vector<Line> lines;
  for (int i = 0; i < 500; ++i) lines.push_back(line(std::string(9'000, 'x')));
  append(std::move(lines));
  EXPECT_LT(recent().size(), 250u);
  EXPECT_GT(recent().size(), 200u);
}

}  // namespace
}  // namespace davit::logs
