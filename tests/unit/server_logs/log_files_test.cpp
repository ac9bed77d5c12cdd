// What is on disk, and what a start makes of it.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/files.hpp"
#include "logs_fixture.hpp"

namespace davit::logs {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class LogFilesTest : public LogsTest {
 protected:
  fs::path folder() const { return fs::path(config_.directory) / app_.str(); }
  std::vector<fs::path> segments() const {
    std::vector<fs::path> files;
    if (!fs::exists(folder())) return files;
    for (const auto& entry : fs::directory_iterator(folder())) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
  }
  std::uint64_t bytes_on_disk() const {
    std::uint64_t bytes = 0;
    for (const auto& file : segments()) bytes += fs::file_size(file);
    return bytes;
  }
};

TEST_F(LogFilesTest, AnotherStartFindsLinesSequencesAndPositions) {
  append(std::vector{streamed("a", 10), line("b")});
  open();
  EXPECT_THAT(recent(), ElementsAre("a", "b"));
  EXPECT_EQ(service_->stored_position(app_, "s1"), 10u);
  append(std::vector{streamed("a", 10), streamed("c", 20)});
  const auto lines = service_->recent(app_, 10, {});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[2].sequence, 3u);
  EXPECT_EQ(lines[2].text.substr(0, 4), "2026");
}

TEST_F(LogFilesTest, FilesAreForTheirOwnerOnly) {
  append("a");
  EXPECT_EQ(test::mode_of(segments().at(0)), 0600u);
  EXPECT_EQ(test::mode_of(folder()), 0700u);
  EXPECT_EQ(segments().at(0).filename(), "00000001.log");
}

// kill -9 in the middle of a write, at every byte of the last record.
TEST_F(LogFilesTest, ATornLastRecordIsDroppedAndItsLineAcceptedAgain) {
  append(std::vector{streamed("first", 10)});
  const auto whole = fs::file_size(segments().at(0));
  append(std::vector{streamed("second", 20)});
  const auto full = fs::file_size(segments().at(0));
  for (auto size = whole; size < full; ++size) {
    service_.reset();
    fs::resize_file(segments().at(0), size);
    open();
    ASSERT_THAT(recent(), ElementsAre("first")) << size;
    ASSERT_EQ(service_->stored_position(app_, "s1"), 10u);
    append(std::vector{streamed("second", 20)});
    open();
    ASSERT_THAT(recent(), ElementsAre("first", "second")) << size;
    ASSERT_EQ(fs::file_size(segments().at(0)), full);
  }
}

TEST_F(LogFilesTest, ZeroedBlocksOfAPowerCutAreDropped) {
  append("kept");
  service_.reset();
  std::ofstream(segments().at(0), std::ios::app) << std::string(4096, '\0');
  open();
  append("next");
  open();
  EXPECT_THAT(recent(), ElementsAre("kept", "next"));
}

TEST_F(LogFilesTest, TheBudgetHoldsAndTheOldestGoFirst) {
  config_.app_bytes_max = 20'000;
  open();
  for (int i = 0; i < 100; ++i) {
    append_many(i * 20 + 1, i * 20 + 20);
    ASSERT_LE(bytes_on_disk(), config_.app_bytes_max);
  }
  EXPECT_GT(bytes_on_disk(), config_.app_bytes_max / 2);
  EXPECT_GT(segments().size(), 3u);
  open();
  const auto lines = service_->recent(app_, 10'000, {});
  EXPECT_EQ(message(lines.back()), "2000");
  EXPECT_EQ(lines.back().sequence, 2000u);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    ASSERT_EQ(lines[i].sequence, lines[i - 1].sequence + 1);
  }
}

TEST_F(LogFilesTest, PositionsOutliveTheSegmentsOfTheirLines) {
  config_.app_bytes_max = 8'000;
  open();
  append(std::vector{streamed("quiet stream", 77, "quiet")});
  for (int i = 0; i < 20; ++i) append_many(1, 20);
  EXPECT_NE(segments().at(0).filename(), "00000001.log");
  open();
  EXPECT_EQ(service_->stored_position(app_, "quiet"), 77u);
}

TEST_F(LogFilesTest, AnUnreadableSegmentCostsItsLinesAndNotTheStart) {
  append("a");
  service_.reset();
  fs::remove(segments().at(0));
  fs::create_directory(folder() / "00000001.log");
  std::ofstream(folder() / "notes.txt") << "not ours";
  fs::create_directory(fs::path(config_.directory) / "not-an-app");
  open();
  append("b");
  open();
  EXPECT_THAT(recent(), ElementsAre("b"));
}

TEST_F(LogFilesTest, FilesTakenAwayWhileRunningAreBegunAnew) {
  append("a");
  open();  // no file is open now
  fs::remove_all(folder());
  append("b");
  EXPECT_THAT(recent(), ElementsAre("a", "b"));
  open();
  EXPECT_THAT(recent(), ElementsAre("b"));
}

TEST_F(LogFilesTest, AFullDiskIsToldOnceAndNeverThrown) {
  // A file where the app's folder belongs: every write fails, for root as well.
  std::ofstream(folder()).put('x');
  append("one");
  append("two");
  EXPECT_THAT(recent(), ElementsAre("one", "two"));  // readers still see them
  fs::remove(folder());
  append("three");
  append("four");
  const std::string notice =
      "2 messages could not be written to disk and will be missing after a restart of davitd";
  EXPECT_THAT(recent(), ElementsAre("one", "two", "three", notice, "four"));
  EXPECT_EQ(service_->recent(app_, 2, {}).at(0).text.substr(33, 14), "heroku[logs]: ");
  open();
  EXPECT_THAT(recent(), ElementsAre("three", notice, "four"));
}

TEST_F(LogFilesTest, ManyAppsShareABoundedNumberOfOpenFiles) {
  std::vector<AppId> apps;
  for (int i = 0; i < 300; ++i) apps.push_back(AppId::make(random_));
  for (int round = 0; round < 3; ++round) {
    std::vector<Line> lines;
    for (const AppId& app : apps) {
      lines.push_back(line(std::to_string(round)));
      lines.back().app = app;
    }
    append(std::move(lines));
  }
  std::size_t open_files = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    open_files += fs::read_symlink(entry.path(), gone).string().starts_with(config_.directory);
  }
  EXPECT_EQ(open_files, 128u);
  open();
  for (const AppId& app : apps) {
    ASSERT_THAT(messages(service_->recent(app, 10, {})), ElementsAre("0", "1", "2"));
  }
}

TEST_F(LogFilesTest, ARemovedAppLeavesNothingAndDoesNotComeBack) {
  append("a");
  run(service_->remove(app_));
  EXPECT_FALSE(fs::exists(folder()));
  append("late line of a dyno that is still being stopped");
  EXPECT_FALSE(fs::exists(folder()));
  EXPECT_TRUE(recent().empty());
  run(service_->remove(app_));  // twice is no error
}

TEST_F(LogFilesTest, WhatWasOfferedBeforeTheEndIsWritten) {
  auto first = service_->append(std::vector{line("a")});
  auto second = service_->append(std::vector{line("b")});
  open();
  EXPECT_THAT(recent(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace davit::logs
