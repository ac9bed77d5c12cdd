#include "store_fixture.hpp"

namespace davit::store {
namespace {

using AppStoreTest = StoreTest;

TEST_F(AppStoreTest, CreateGivesAUidAndTheInitialRelease) {
  const auto release_id = ReleaseId::make(random_);
  const auto app = stores_->apps.create(new_app("shop"), release_id);
  ASSERT_TRUE(app);
  EXPECT_EQ(app->uid, AppStore::uid_first + 1);
  EXPECT_EQ(app->released_at, app->created_at);
  const auto release = stores_->releases.current(app->id);
  ASSERT_TRUE(release);
  EXPECT_EQ(release->id, release_id);
  EXPECT_EQ(release->version, 1u);
  EXPECT_EQ(release->description, "Initial release");
  EXPECT_EQ(release->user, user_);
  EXPECT_TRUE(release->config.empty());
  EXPECT_FALSE(release->slug);
}

TEST_F(AppStoreTest, AUidIsNeverGivenTwice) {
  const auto first = stores_->apps.find(app_)->uid;
  ASSERT_TRUE(stores_->apps.remove(app_));
  reopen();
  EXPECT_EQ(stores_->apps.create(new_app("blog"), ReleaseId::make(random_))->uid, first + 1);
}

TEST_F(AppStoreTest, ANameIsTakenOnceAndARefusalUsesNothingUp) {
  const auto refused = stores_->apps.create(new_app("blog"), ReleaseId::make(random_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_NE(refused.error().message.find("'blog' is taken"), std::string::npos);
  auto app = new_app("shop");
  app.id = app_;
  EXPECT_EQ(stores_->apps.create(app, ReleaseId::make(random_)).error().code, Errc::conflict);
  EXPECT_EQ(stores_->apps.find(add_app("shop"))->uid, AppStore::uid_first + 1);
}

TEST_F(AppStoreTest, AnAppNeedsItsOwner) {
  auto app = new_app("shop");
  app.owner = UserId::make(random_);
  EXPECT_EQ(stores_->apps.create(app, ReleaseId::make(random_)).error().code, Errc::not_found);
  EXPECT_EQ(stores_->apps.list().size(), 1u);
}

TEST_F(AppStoreTest, AReleaseIdThatExistsLeavesNoAppBehind) {
  const auto taken = stores_->releases.latest(app_)->id;
  EXPECT_EQ(stores_->apps.create(new_app("shop"), taken).error().code, Errc::conflict);
  EXPECT_EQ(stores_->apps.list().size(), 1u);
}

TEST_F(AppStoreTest, AnEmptyIdIsABugOfTheCaller) {
  auto app = new_app("shop");
  app.id = {};
  EXPECT_THROW((void)stores_->apps.create(app, ReleaseId::make(random_)), std::logic_error);
  EXPECT_EQ(stores_->apps.list().size(), 1u);
}

TEST_F(AppStoreTest, FindsByIdAndByName) {
  EXPECT_EQ(stores_->apps.find(*AppName::parse("blog"))->id, app_);
  EXPECT_EQ(stores_->apps.find(app_)->name.str(), "blog");
  const auto missing = stores_->apps.find(*AppName::parse("nothing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_NE(missing.error().message.find("'nothing'"), std::string::npos);
  EXPECT_EQ(stores_->apps.find(AppId::make(random_)).error().code, Errc::not_found);
}

TEST_F(AppStoreTest, ListsByNameAndByOwner) {
  add_app("zebra");
  user_ = add_user("bob@example.com");
  add_app("aardvark");
  std::vector<std::string> names;
  for (const App& app : stores_->apps.list()) names.push_back(app.name.str());
  EXPECT_EQ(names, (std::vector<std::string>{"aardvark", "blog", "zebra"}));
  const auto owned = stores_->apps.list_owned(user_);
  ASSERT_EQ(owned.size(), 1u);
  EXPECT_EQ(owned[0].name.str(), "aardvark");
}

TEST_F(AppStoreTest, RenameFreesTheOldNameAndRespectsOthers) {
  const auto other = add_app("shop");
  const auto when = now();
  ASSERT_TRUE(stores_->apps.rename(app_, *AppName::parse("journal"), when));
  EXPECT_EQ(stores_->apps.find(app_)->updated_at, when);
  EXPECT_FALSE(stores_->apps.find(*AppName::parse("blog")));
  EXPECT_EQ(stores_->apps.rename(other, *AppName::parse("journal"), when).error().code,
            Errc::conflict);
  EXPECT_TRUE(stores_->apps.rename(other, *AppName::parse("shop"), when));  // its own name
  EXPECT_TRUE(stores_->apps.rename(other, *AppName::parse("blog"), when));
  EXPECT_EQ(stores_->apps.rename(AppId::make(random_), *AppName::parse("free"), when).error().code,
            Errc::not_found);
}

TEST_F(AppStoreTest, MaintenanceIsRemembered) {
  const auto when = now();
  ASSERT_TRUE(stores_->apps.set_maintenance(app_, true, when));
  reopen();
  EXPECT_TRUE(stores_->apps.find(app_)->maintenance);
  EXPECT_EQ(stores_->apps.find(app_)->updated_at, when);
  EXPECT_EQ(stores_->apps.set_maintenance(AppId::make(random_), true, when).error().code,
            Errc::not_found);
}

TEST_F(AppStoreTest, RemoveTakesEverythingOfTheAppAndNothingOfOthers) {
  const auto doomed = app_;
  const auto slug = add_slug();
  const auto release = add_release(slug);
  auto build = new_build();
  build.slug = slug;
  build.release = release.id;
  ASSERT_TRUE(stores_->builds.add(build));
  ASSERT_TRUE(stores_->dynos.add(new_dyno(release.id)));
  ASSERT_TRUE(stores_->formations.set({app_, *ProcessType::parse("web"), 2, "standard"}));

  app_ = add_app("shop");
  const auto kept_slug = add_slug();
  const auto kept = add_release(kept_slug);
  ASSERT_TRUE(stores_->dynos.add(new_dyno(kept.id)));

  ASSERT_TRUE(stores_->apps.remove(doomed));
  EXPECT_EQ(stores_->apps.remove(doomed).error().code, Errc::not_found);
  EXPECT_FALSE(stores_->releases.find(release.id));
  EXPECT_FALSE(stores_->slugs.find(slug));
  EXPECT_FALSE(stores_->builds.find(build.id));
  EXPECT_TRUE(stores_->dynos.list(doomed).empty());
  EXPECT_TRUE(stores_->formations.list(doomed).empty());
  EXPECT_TRUE(stores_->releases.find(kept.id));
  EXPECT_TRUE(stores_->slugs.find(kept_slug));
  EXPECT_EQ(stores_->dynos.list().size(), 1u);
}

}  // namespace
}  // namespace davit::store
