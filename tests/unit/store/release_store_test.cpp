#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <set>
#include <thread>

#include "base/async.hpp"
#include "store_fixture.hpp"

namespace davit::store {
namespace {

using ReleaseStoreTest = StoreTest;

TEST_F(ReleaseStoreTest, NumbersGrowByOnePerApp) {
  EXPECT_EQ(add_release().version, 2u);
  EXPECT_EQ(add_release().version, 3u);
  app_ = add_app("shop");
  EXPECT_EQ(add_release().version, 2u);
}

TEST_F(ReleaseStoreTest, CallsFromManyThreadsThroughTheStoreThreadGetNumbersOfTheirOwn) {
  asio::thread_pool store_thread(1);
  std::vector<Release> releases;
  for (int i = 0; i < 60; ++i) releases.push_back(new_release());
  std::multiset<std::uint32_t> versions;  // store thread only
  const auto post_some = [&](std::size_t first) {
    for (std::size_t i = first; i < first + 20; ++i) {
      asio::post(store_thread, [&, i] {
        const auto appended = stores_->releases.append(releases[i]);
        if (appended) versions.insert(appended->version);
      });
    }
  };
  std::vector<std::thread> callers;
  for (const std::size_t first : {0, 20, 40}) callers.emplace_back(post_some, first);
  for (auto& caller : callers) caller.join();
  store_thread.join();
  ASSERT_EQ(versions.size(), 60u);
  EXPECT_EQ(*versions.begin(), 2u);
  EXPECT_EQ(*versions.rbegin(), 61u);
  EXPECT_EQ(std::set<std::uint32_t>(versions.begin(), versions.end()).size(), 60u);
}

TEST_F(ReleaseStoreTest, KeepsEveryField) {
  auto release = new_release(add_slug(), Status::pending);
  release.version = 77;  // not the caller's to choose
  release.processes = {{"web", "node \"a b\".js"}, {"worker", "x"}};
  release.config = {{"A", "1"}, {"B", "two words\nand a line \xc3\xa9"}, {"EMPTY", ""}};
  ASSERT_TRUE(stores_->releases.append(release));
  reopen();
  const auto read = stores_->releases.find(app_, 2);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, release.id);
  EXPECT_EQ(read->app, app_);
  EXPECT_EQ(read->version, 2u);
  EXPECT_EQ(read->description, release.description);
  EXPECT_EQ(read->user, user_);
  EXPECT_EQ(read->slug, release.slug);
  EXPECT_EQ(read->processes, release.processes);
  EXPECT_EQ(read->config, release.config);
  EXPECT_EQ(read->status, Status::pending);
  EXPECT_EQ(read->created_at, release.created_at);
  EXPECT_EQ(read->updated_at, release.updated_at);
}

TEST_F(ReleaseStoreTest, LatestIsTheNewestAndCurrentTheNewestThatSucceeded) {
  const auto good = add_release();
  const auto failed = add_release({}, Status::pending);
  ASSERT_TRUE(stores_->releases.set_status(failed.id, Status::failed, now()));
  const auto pending = add_release({}, Status::pending);
  EXPECT_EQ(stores_->releases.current(app_)->id, good.id);
  EXPECT_EQ(stores_->releases.latest(app_)->id, pending.id);
  const auto when = now();
  ASSERT_TRUE(stores_->releases.set_status(pending.id, Status::succeeded, when));
  EXPECT_EQ(stores_->releases.current(app_)->id, pending.id);
  EXPECT_EQ(stores_->releases.current(app_)->updated_at, when);
  EXPECT_EQ(stores_->apps.find(app_)->released_at, when);
}

TEST_F(ReleaseStoreTest, AConfigChangeStaysThoughItsReleaseFailsAndARollbacksDoesNot) {
  auto changed = new_release({}, Status::pending);
  changed.config = {{"A", "new"}};
  ASSERT_TRUE(stores_->releases.append(changed));
  ASSERT_TRUE(stores_->releases.set_failed(changed.id, "exited with status 1", now()));
  auto rollback = new_release({}, Status::pending);
  rollback.config = {{"A", "old"}};
  rollback.carries_config = false;
  ASSERT_TRUE(stores_->releases.append(rollback));
  EXPECT_EQ(stores_->releases.configured(app_)->config.at("A"), "new");
  EXPECT_EQ(stores_->releases.list_unfinished().size(), 1u);
  ASSERT_TRUE(stores_->releases.set_failed(rollback.id, "exited with status 2", now()));
  EXPECT_EQ(stores_->releases.configured(app_)->config.at("A"), "new");
  EXPECT_EQ(stores_->releases.latest(app_)->failure, "exited with status 2");
  EXPECT_TRUE(stores_->releases.list_unfinished().empty());
  ASSERT_TRUE(stores_->releases.set_status(rollback.id, Status::succeeded, now()));
  EXPECT_EQ(stores_->releases.configured(app_)->config.at("A"), "old");
}

TEST_F(ReleaseStoreTest, ARefusedOrPendingReleaseDoesNotCountAsReleased) {
  const auto before = stores_->apps.find(app_)->released_at;
  const auto release = add_release({}, Status::pending);
  ASSERT_TRUE(stores_->releases.set_status(release.id, Status::failed, now()));
  EXPECT_EQ(stores_->apps.find(app_)->released_at, before);
}

TEST_F(ReleaseStoreTest, ListIsNewestFirstBoundedAndWithoutConfig) {
  auto release = new_release();
  release.config = {{"A", "1"}};
  ASSERT_TRUE(stores_->releases.append(release));
  add_release();
  const auto two = stores_->releases.list(app_, 2);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].version, 3u);
  EXPECT_EQ(two[1].version, 2u);
  EXPECT_TRUE(two[1].config.empty());
  EXPECT_EQ(stores_->releases.list(app_, std::numeric_limits<std::size_t>::max()).size(), 3u);
  EXPECT_TRUE(stores_->releases.list(AppId::make(random_), 9).empty());
}

TEST_F(ReleaseStoreTest, WhatItNamesMustBeThere) {
  auto release = new_release(SlugId::make(random_));
  EXPECT_EQ(stores_->releases.append(release).error().code, Errc::not_found);
  release = new_release();
  release.app = AppId::make(random_);
  EXPECT_EQ(stores_->releases.append(release).error().code, Errc::not_found);
  const auto slug = add_slug();
  app_ = add_app("shop");  // another app's slug
  EXPECT_EQ(stores_->releases.append(new_release(slug)).error().code, Errc::not_found);
  EXPECT_EQ(stores_->releases.latest(app_)->version, 1u);
}

TEST_F(ReleaseStoreTest, UnknownOnesAreNotFound) {
  EXPECT_EQ(stores_->releases.find(ReleaseId::make(random_)).error().code, Errc::not_found);
  const auto missing = stores_->releases.find(app_, 7);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("v7"), std::string::npos);
  EXPECT_EQ(stores_->releases.latest(AppId::make(random_)).error().code, Errc::not_found);
  EXPECT_EQ(stores_->releases.current(AppId::make(random_)).error().code, Errc::not_found);
  EXPECT_EQ(
      stores_->releases.set_status(ReleaseId::make(random_), Status::failed, now()).error().code,
      Errc::not_found);
}

TEST_F(ReleaseStoreTest, ItsRuntimesAreKeptAsLongAsItsSlug) {
  const auto slug = add_slug();
  auto release = new_release(slug);
  release.runtimes = {
      {"node", "22.1.0", "store", "/var/lib/davit/runtimes/node/22.1.0/bin/node", ""},
      {"python", "3.11.2", "distribution", "/usr/bin/python3", "1-2-3"}};
  ASSERT_TRUE(stores_->releases.append(release));
  EXPECT_EQ(stores_->releases.find(release.id)->runtimes, release.runtimes);
  EXPECT_EQ(stores_->releases.current(app_)->runtimes, release.runtimes);
  using Names = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(stores_->releases.stored_runtimes(), (Names{{"node", "22.1.0"}}));
  ASSERT_TRUE(stores_->slugs.remove(slug));
  EXPECT_TRUE(stores_->releases.stored_runtimes().empty());
}

TEST_F(ReleaseStoreTest, AnIdIsUsedOnce) {
  const auto release = add_release();
  auto again = new_release();
  again.id = release.id;
  EXPECT_EQ(stores_->releases.append(again).error().code, Errc::conflict);
}

TEST_F(ReleaseStoreTest, AConfigValueThatIsNotUtf8IsRefusedByNameNotByValue) {
  auto release = new_release();
  release.config = {{"KEY", "sec\xffret"}};
  const auto refused = stores_->releases.append(release);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_NE(refused.error().message.find("'KEY'"), std::string::npos);
  EXPECT_EQ(refused.error().message.find("sec"), std::string::npos);
}

}  // namespace
}  // namespace davit::store
