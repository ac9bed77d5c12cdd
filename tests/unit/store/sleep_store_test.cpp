// What an app's owner settled about sleep, scaling and features, and that an app sleeps.
#include "store_fixture.hpp"

namespace davit::store {
namespace {

class SleepStoreTest : public StoreTest {};

TEST_F(SleepStoreTest, AFormationKeepsItsSleepAndItsScaling) {
  FormationEntry entry;
  entry.app = app_;
  entry.type = *ProcessType::parse("web");
  entry.quantity = 1;
  entry.sleep_after_ms = 1'800'000;
  entry.autoscale = {1, 4, "queue", 50};
  ASSERT_TRUE(stores_->formations.set(entry));
  FormationEntry worker = entry;
  worker.type = *ProcessType::parse("worker");
  worker.sleep_after_ms = 0;
  worker.autoscale = {};
  ASSERT_TRUE(stores_->formations.set(worker));
  reopen();
  const auto kept = stores_->formations.list(app_);
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].sleep_after_ms, 1'800'000);
  EXPECT_EQ(kept[0].autoscale, entry.autoscale);
  EXPECT_EQ(kept[1].autoscale.max, 0u);
  const auto scaled = stores_->formations.list_autoscaled();
  ASSERT_EQ(scaled.size(), 1u);
  EXPECT_EQ(scaled[0].type, entry.type);
}

TEST_F(SleepStoreTest, ThatAnAppSleepsOutlivesAnythingButTheApp) {
  EXPECT_FALSE(stores_->sleeps.find(app_));
  SleepRecord record{app_, ReleaseId::make(random_), now(), false};
  ASSERT_TRUE(stores_->sleeps.set(record));
  record.stopped = true;
  ASSERT_TRUE(stores_->sleeps.set(record));
  reopen();
  const auto kept = stores_->sleeps.find(app_);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->stopped);
  EXPECT_EQ(kept->release, record.release);
  EXPECT_EQ(kept->since, record.since);
  ASSERT_TRUE(stores_->sleeps.remove(app_));
  ASSERT_TRUE(stores_->sleeps.remove(app_));
  EXPECT_FALSE(stores_->sleeps.find(app_));
  ASSERT_TRUE(stores_->sleeps.set(record));
  ASSERT_TRUE(stores_->apps.remove(app_));
  EXPECT_FALSE(stores_->sleeps.find(app_));
  EXPECT_FALSE(stores_->sleeps.set(record)) << "of an app that is gone";
}

TEST_F(SleepStoreTest, FeaturesAreSwitchedByName) {
  ASSERT_TRUE(stores_->features.set(app_, "b", true));
  ASSERT_TRUE(stores_->features.set(app_, "a", true));
  ASSERT_TRUE(stores_->features.set(app_, "a", true));
  EXPECT_EQ(stores_->features.list(app_), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(stores_->features.set(app_, "a", false));
  EXPECT_EQ(stores_->features.list(app_), std::vector<std::string>{"b"});
  EXPECT_FALSE(stores_->features.set(AppId::make(random_), "a", true));
}

}  // namespace
}  // namespace davit::store
