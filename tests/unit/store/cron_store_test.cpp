#include "store_fixture.hpp"

namespace davit::store {
namespace {

class CronStoreTest : public StoreTest {
 protected:
  SlugId slug_with(const std::string& cron) {
    Slug slug = new_slug();
    slug.cron = cron;
    EXPECT_TRUE(stores_->slugs.add(slug));
    return slug.id;
  }
  DynoId begin(const std::string& job) {
    CronRecord run;
    run.app = app_;
    run.job = job;
    run.looked_at = now();
    run.started_at = now();
    run.dyno_id = DynoId::make(random_);
    run.release_version = 7;
    EXPECT_TRUE(stores_->crons.begin(run));
    return *run.dyno_id;
  }
};

TEST_F(CronStoreTest, TheCurrentReleaseSaysWhatThereIs) {
  EXPECT_TRUE(stores_->crons.sources().empty());
  const auto first = add_release(slug_with("[1]"));
  ASSERT_EQ(stores_->crons.sources().size(), 1u);
  EXPECT_EQ(stores_->crons.sources()[0].since, first.updated_at);
  add_release(slug_with("[2]"), Status::failed);
  add_release(slug_with("[3]"), Status::pending);
  auto canary = new_release(slug_with("[4]"));
  canary.canary = true;
  ASSERT_TRUE(stores_->releases.append(canary));
  EXPECT_EQ(stores_->crons.sources()[0].jobs, "[1]");
  add_release(slug_with(""));
  EXPECT_TRUE(stores_->crons.sources().empty());
}

TEST_F(CronStoreTest, ARunHasItsEndAndSkipsDoNotTouchIt) {
  const DynoId dyno = begin("a");
  stores_->crons.set_dyno(dyno, *DynoName::parse("cron.4711"));
  ASSERT_TRUE(stores_->crons.skip(app_, "a", now(), "it still runs"));
  reopen();
  auto record = stores_->crons.list(app_).at(0);
  EXPECT_EQ(record.dyno, "cron.4711");
  EXPECT_FALSE(record.ended_at);
  EXPECT_EQ(record.looked_at, *record.skipped_at);
  const auto ended = stores_->crons.end(dyno, now(), 2, "exited with status 2");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 2);
  EXPECT_FALSE(stores_->crons.end(dyno, now(), 0, "")) << "only once";
  begin("a");
  record = stores_->crons.list().at(0);
  EXPECT_TRUE(record.failure.empty() && record.dyno.empty() && !record.ended_at);
  EXPECT_EQ(record.skip_reason, "it still runs");
}

TEST_F(CronStoreTest, WhatIsGoneIsForgottenUnlessItRuns) {
  const DynoId a = begin("a");
  begin("b");
  ASSERT_TRUE(stores_->crons.skip(app_, "c", now(), "no"));
  stores_->crons.end(a, now(), 0, "");
  stores_->crons.keep_only(app_, {"x"});
  ASSERT_EQ(stores_->crons.list().size(), 1u);
  EXPECT_EQ(stores_->crons.list()[0].job, "b");
  ASSERT_TRUE(stores_->apps.remove(app_));
  EXPECT_TRUE(stores_->crons.list().empty());
  EXPECT_EQ(stores_->crons.skip(app_, "b", now(), "no").error().code, Errc::not_found);
}

}  // namespace
}  // namespace davit::store
