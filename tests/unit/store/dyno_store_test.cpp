// Dynos, the formation they follow, and the slots that wait.
#include "store_fixture.hpp"

namespace davit::store {
namespace {

using DynoStoreTest = StoreTest;
using FormationStoreTest = StoreTest;
using SlotStoreTest = StoreTest;

TEST_F(DynoStoreTest, KeepsEveryField) {
  const auto release = add_release();
  const auto web = new_dyno(release.id);
  auto worker = new_dyno(release.id);
  worker.name = *DynoName::parse("worker.12");
  worker.port = {};
  worker.size = "large";
  worker.one_off = true;
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
  EXPECT_EQ(dynos[0].size, "standard");
  EXPECT_EQ(dynos[1].size, "large");
  EXPECT_FALSE(dynos[0].one_off);
  EXPECT_TRUE(dynos[1].one_off);
}

TEST_F(DynoStoreTest, ARestartThatWasAskedForIsKept) {
  const auto release = add_release();
  const auto first = new_dyno(release.id);
  const auto second = new_dyno(release.id);
  ASSERT_TRUE(stores_->dynos.add(first));
  ASSERT_TRUE(stores_->dynos.add(second));
  ASSERT_TRUE(stores_->dynos.set_outgoing({second.id, DynoId::make(random_)}));
  reopen();
  const auto dynos = stores_->dynos.list(app_);
  EXPECT_FALSE(dynos[0].outgoing);
  EXPECT_TRUE(dynos[1].outgoing);
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
  ASSERT_TRUE(stores_->formations.set({app_, web, 3, "large", "25%", "1"}));
  reopen();
  const auto entries = stores_->formations.list(app_);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].type, clock);
  EXPECT_EQ(entries[1].quantity, 3u);
  EXPECT_EQ(entries[1].size, "large");
  EXPECT_EQ(entries[1].max_surge, "25%");
  EXPECT_EQ(entries[1].max_unavailable, "1");
  EXPECT_EQ(entries[0].max_surge, "");
}

TEST_F(FormationStoreTest, AnUnknownAppIsNotFound) {
  const auto refused =
      stores_->formations.set({AppId::make(random_), *ProcessType::parse("web"), 1, "standard"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_found);
}

TEST_F(SlotStoreTest, KeepsEveryFieldUntilItIsRemoved) {
  SlotRecord slot{.app = app_,
                  .name = *DynoName::parse("web.2"),
                  .release = ReleaseId::make(random_),
                  .stopped = false,
                  .crashes = 3,
                  .retry_at = now(),
                  .since = now(),
                  .reason = "exited with status 1"};
  ASSERT_TRUE(stores_->slots.set(slot));
  slot.crashes = 4;
  ASSERT_TRUE(stores_->slots.set(slot));
  SlotRecord other{app_, *DynoName::parse("web.1"), slot.release, true, 0, {}, now(), ""};
  ASSERT_TRUE(stores_->slots.set(other));
  reopen();
  const auto slots = stores_->slots.list(app_);
  ASSERT_EQ(slots.size(), 2u);
  EXPECT_TRUE(slots[0].stopped);
  EXPECT_EQ(slots[0].retry_at, std::nullopt);
  EXPECT_EQ(slots[1].name.str(), "web.2");
  EXPECT_EQ(slots[1].release, slot.release);
  EXPECT_EQ(slots[1].crashes, 4u);
  EXPECT_EQ(slots[1].retry_at, slot.retry_at);
  EXPECT_EQ(slots[1].since, slot.since);
  EXPECT_EQ(slots[1].reason, "exited with status 1");
  ASSERT_TRUE(stores_->slots.remove(app_, slot.name));
  ASSERT_TRUE(stores_->slots.remove(app_, slot.name));
  EXPECT_EQ(stores_->slots.list(app_).size(), 1u);
  ASSERT_TRUE(stores_->slots.remove_all(app_));
  EXPECT_TRUE(stores_->slots.list(app_).empty());
}

}  // namespace
}  // namespace davit::store
