#include "server/metrics/archive.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::metrics {
namespace {

class ArchiveTest : public testing::Test {
 protected:
  static Sample requests(int count) {
    Sample sample;
    for (int i = 0; i < count; ++i) {
      ++sample.statuses[2];
      sample.service.add(i);
    }
    return sample;
  }
  std::uint64_t total(Range range) {
    std::uint64_t sum = 0;
    const auto series = archive_.read(app_, range).value();
    for (const Sample& sample : series.samples) sum += sample.requests();
    return sum;
  }
  static constexpr std::int64_t start = 1'700'000'100;  // a multiple of 300

  test::TempDir dir_;
  test::SeededRandom random_{5};
  AppId app_ = AppId::make(random_);
  AppId other_ = AppId::make(random_);
  std::string path_ = dir_.str("metrics.db");
  Archive archive_{path_};
};

TEST_F(ArchiveTest, StepsAreReadBackInTheirPlaces) {
  archive_.write(start, {{app_, requests(3)}, {other_, requests(9)}});
  archive_.write(start + 20, {{app_, requests(4)}});
  const auto series = archive_.read(app_, {start - 10, start + 40, 10}).value();
  std::vector<std::uint64_t> counts;
  for (const Sample& sample : series.samples) counts.push_back(sample.requests());
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{0, 3, 0, 4, 0}));
  EXPECT_EQ(archive_.read(app_, {start, start + 60, 30}).value().samples[0].requests(), 7u);
}

TEST_F(ArchiveTest, FiveMinutesBecomeOneRowAndTheOpenOnesAreStillSeen) {
  for (int i = 0; i < 70; ++i) archive_.write(start + i * 10, {{app_, requests(1)}});
  // Two whole coarse steps, and ten fine ones of the third.
  const auto series = archive_.read(app_, {start, start + 900, 300}).value();
  ASSERT_EQ(series.samples.size(), 3u);
  EXPECT_EQ(series.samples[0].requests(), 30u);
  EXPECT_EQ(series.samples[1].requests(), 30u);
  EXPECT_EQ(series.samples[2].requests(), 10u);
}

TEST_F(ArchiveTest, AStartRollsUpWhatTheOneBeforeLeft) {
  for (int i = 0; i < 29; ++i) archive_.write(start + i * 10, {{app_, requests(1)}});
  Archive next(path_);
  next.write(start + 600, {{app_, requests(1)}});
  EXPECT_EQ(next.read(app_, {start, start + 300, 300}).value().samples[0].requests(), 29u);
}

TEST_F(ArchiveTest, TheOldIsPrunedLittleByLittle) {
  const std::int64_t day = 86'400;
  for (int i = 0; i < 300; ++i) archive_.write(start + i * 10, {{app_, requests(1)}});
  // Nobody was there for a day: the rest is caught up with step by step.
  for (int i = 0; i < 40; ++i) archive_.write(start + day + 2'000 + i * 10, {{app_, requests(1)}});
  for (int i = 0; i < 5; ++i) archive_.write(start + day + 4'000 + i * 10, {{app_, requests(1)}});
  EXPECT_EQ(total({start, start + 3'000, 10}), 0u) << "fine rows are kept for a day";
  EXPECT_EQ(total({start, start + 3'000, 300}), 300u) << "coarse ones for a week";
  archive_.write(start + 8 * day, {{app_, requests(1)}});
  EXPECT_EQ(total({start, start + 3'000, 300}), 0u);
}

TEST_F(ArchiveTest, ADamagedFileIsSetAsideAndBegunAnew) {
  archive_.write(start, {{app_, requests(3)}});
  {
    std::ofstream file(dir_.str("broken.db"), std::ios::binary);
    file << std::string(20'000, 'x');
  }
  Archive broken(dir_.str("broken.db"));
  broken.write(start, {{app_, requests(2)}});
  EXPECT_EQ(broken.read(app_, {start, start + 10, 10}).value().samples[0].requests(), 2u);
  EXPECT_TRUE(std::filesystem::exists(dir_.str("broken.db.broken")));
  const auto mode = std::filesystem::status(dir_.str("broken.db")).permissions();
  EXPECT_EQ(mode & std::filesystem::perms::mask, std::filesystem::perms(0600));
}

TEST_F(ArchiveTest, WhereNoFileCanBeNothingIsKeptAndNobodyHurt) {
  Archive nowhere("/proc/no/such/folder/metrics.db");
  nowhere.write(start, {{app_, requests(2)}});
  EXPECT_FALSE(nowhere.read(app_, {start, start + 10, 10}));
}

// The claim of docs/metrics.md; far above what it takes, so that a busy machine does not fail it.
TEST_F(ArchiveTest, AStepOf200DynosIsCheap) {
  std::map<AppId, Sample> step;
  for (int i = 0; i < 100; ++i) {
    Sample sample = requests(50);
    sample.dynos[DynoName::parse("web.1").value()] = {1'234'567, 10'000'000, 64 << 20,
                                                      0,         512 << 20,  12};
    sample.dynos[DynoName::parse("worker.1").value()] = {234'567, 10'000'000, 32 << 20,
                                                         0,       512 << 20,  5};
    step[AppId::make(random_)] = std::move(sample);
  }
  const auto cpu = [] {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  archive_.write(start, step);
  const double before = cpu();
  constexpr int steps = 60;
  for (int i = 1; i <= steps; ++i) archive_.write(start + i * 10, step);
  const double micros = (cpu() - before) / steps;
  const auto bytes = std::filesystem::file_size(path_) + std::filesystem::file_size(path_ + "-wal");
  RecordProperty("micros_per_step", static_cast<int>(micros));
  RecordProperty("bytes_per_step", static_cast<int>(bytes / steps));
  std::printf("a step of 200 dynos: %.1f ms of CPU, %.1f kB on disk\n", micros / 1000,
              static_cast<double>(bytes) / steps / 1024);
  EXPECT_LT(micros, 1e6) << "a tenth of one CPU, with sanitizers";
}

}  // namespace
}  // namespace davit::metrics
