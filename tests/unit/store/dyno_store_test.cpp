// Dynos and the formation they follow.
#include "store_fixture.hpp"

namespace davit::store {
namespace {

using DynoStoreTest = StoreTest;
using FormationStoreTest = StoreTest;

TEST_F(DynoStoreTest, KeepsEveryField) {
  const auto release = add_release();
  const auto web = new_dyno(release.id);
  auto worker = new_dyno(release.id);
  worker.name = *DynoName::parse("worker.12");
  worker.port = {};
  ASSERT_TRUE(stores_->dynos.add(web));
  ASSERT_TRUE(stores_->dynos.add(worker));
  reopen();
  const auto dynos = stores_->dynos.list(app_);
  ASSERT_EQ(dynos.size(), 2u);
  EXPECT_EQ(dynos[0].id, web.id);
  EXPECT_EQ(dynos[0].name.str(), "web.1");
  EXPECT_EQ(dynos[0].release, release.id);
  EXPECT_EQ(dynos[0].port, 31'000);
  EXPECT_EQ(dynos[0].command, "node server.js");
  EXPECT_EQ(dynos[0].created_at, web.created_at);
  EXPECT_EQ(dynos[1].name.str(), "worker.12");
  EXPECT_EQ(dynos[1].port, std::nullopt);
}

TEST_F(DynoStoreTest, ListsAllOrOneApps) {
  ASSERT_TRUE(stores_->dynos.add(new_dyno(add_release().id)));
  app_ = add_app("shop");
  ASSERT_TRUE(stores_->dynos.add(new_dyno(add_release().id)));
  EXPECT_EQ(stores_->dynos.list().size(), 2u);
  EXPECT_EQ(stores_->dynos.list(app_).size(), 1u);
}

TEST_F(DynoStoreTest, RemovingTwiceIsNoError) {
  const auto dyno = new_dyno(add_release().id);
  ASSERT_TRUE(stores_->dynos.add(dyno));
  EXPECT_TRUE(stores_->dynos.remove(dyno.id));
  EXPECT_TRUE(stores_->dynos.remove(dyno.id));
  EXPECT_TRUE(stores_->dynos.list().empty());
}

TEST_F(DynoStoreTest, ADynoNeedsItsAppAndAReleaseOfThatApp) {
  const auto release = add_release();
  auto dyno = new_dyno(ReleaseId::make(random_));
  EXPECT_EQ(stores_->dynos.add(dyno).error().code, Errc::not_found);
  dyno.release = release.id;
  dyno.app = AppId::make(random_);
  EXPECT_EQ(stores_->dynos.add(dyno).error().code, Errc::not_found);
  dyno.app = add_app("shop");
  EXPECT_EQ(stores_->dynos.add(dyno).error().code, Errc::not_found);
  dyno.app = app_;
  ASSERT_TRUE(stores_->dynos.add(dyno));
  EXPECT_EQ(stores_->dynos.add(dyno).error().code, Errc::conflict);
}

TEST_F(FormationStoreTest, SetReplacesAndListIsByType) {
  const auto web = *ProcessType::parse("web");
  const auto clock = *ProcessType::parse("clock");
  ASSERT_TRUE(stores_->formations.set({app_, web, 1, "standard"}));
  ASSERT_TRUE(stores_->formations.set({app_, clock, 1, "standard"}));
  ASSERT_TRUE(stores_->formations.set({app_, web, 3, "large"}));
  reopen();
  const auto entries = stores_->formations.list(app_);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].type, clock);
  EXPECT_EQ(entries[1].quantity, 3u);
  EXPECT_EQ(entries[1].size, "large");
}

TEST_F(FormationStoreTest, AnUnknownAppIsNotFound) {
  const auto refused =
      stores_->formations.set({AppId::make(random_), *ProcessType::parse("web"), 1, "standard"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_found);
}

}  // namespace
}  // namespace davit::store
