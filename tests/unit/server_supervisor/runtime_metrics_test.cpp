#include "server/supervisor/runtime_metrics.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"

namespace davit::supervisor {
namespace {

using namespace std::chrono_literals;

class RuntimeMetricsTest : public testing::Test {
 protected:
  std::vector<std::string> after(std::chrono::seconds time, double cpus) {
    clock_.advance(time);
    usage_.cpu_micros += static_cast<std::uint64_t>(cpus * 1e6 * static_cast<double>(time.count()));
    return metrics_.take(usage_, clock_.steady());
  }
  test::FakeClock clock_;
  dyno::Usage usage_;
  RuntimeMetrics metrics_{"web.1", "heroku.a.d"};
};

TEST_F(RuntimeMetricsTest, LinesHaveTheVendorsForm) {
  usage_.memory_rss_bytes = 21ull * 1024 * 1024;
  usage_.memory_quota_bytes = 512ull * 1024 * 1024;
  const auto lines = metrics_.take(usage_, clock_.steady());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0],
            "source=web.1 dyno=heroku.a.d sample#load_avg_1m=0.00 sample#load_avg_5m=0.00 "
            "sample#load_avg_15m=0.00");
  EXPECT_EQ(lines[1],
            "source=web.1 dyno=heroku.a.d sample#memory_total=21.00MB sample#memory_rss=21.00MB "
            "sample#memory_cache=0.00MB sample#memory_swap=0.00MB sample#memory_quota=512.00MB");
}

TEST_F(RuntimeMetricsTest, TheyComeEveryTwentySeconds) {
  int told = 0;
  for (int i = 0; i < 60; ++i) told += after(10s, 0).empty() ? 0 : 1;
  EXPECT_EQ(told, 30);
}

TEST_F(RuntimeMetricsTest, LoadNearsWhatIsBusyAndFallsAgain) {
  std::string last;
  for (int i = 0; i < 60; ++i) {
    if (const auto lines = after(10s, 2); !lines.empty()) last = lines[0];
  }
  EXPECT_NE(last.find("load_avg_1m=2.00"), std::string::npos) << last;
  EXPECT_NE(last.find("load_avg_15m=0.9"), std::string::npos) << last;
  for (int i = 0; i < 60; ++i) {
    if (const auto lines = after(10s, 0); !lines.empty()) last = lines[0];
  }
  EXPECT_NE(last.find("load_avg_1m=0.00"), std::string::npos) << last;
}

}  // namespace
}  // namespace davit::supervisor
