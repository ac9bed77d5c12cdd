#include "store_fixture.hpp"

namespace davit::store {
namespace {

using SlugStoreTest = StoreTest;
using Ids = std::vector<SlugId>;

TEST_F(SlugStoreTest, KeepsEveryFieldAndListsInOrderOfArrival) {
  auto slug = new_slug();
  slug.bytes = 5'000'000'000;
  ASSERT_TRUE(stores_->slugs.add(slug));
  const auto second = add_slug();
  reopen();
  const auto slugs = stores_->slugs.list(app_);
  ASSERT_EQ(slugs.size(), 2u);
  EXPECT_EQ(slugs[0].id, slug.id);
  EXPECT_EQ(slugs[0].app, app_);
  EXPECT_EQ(slugs[0].commit, slug.commit);
  EXPECT_EQ(slugs[0].buildpack, "nodejs");
  EXPECT_EQ(slugs[0].bytes, 5'000'000'000u);
  EXPECT_EQ(slugs[0].processes, slug.processes);
  EXPECT_EQ(slugs[0].created_at, slug.created_at);
  EXPECT_EQ(slugs[1].id, second);
}

TEST_F(SlugStoreTest, ErrorsNameWhatIsMissingOrTaken) {
  auto slug = new_slug();
  slug.app = AppId::make(random_);
  EXPECT_EQ(stores_->slugs.add(slug).error().code, Errc::not_found);
  slug = new_slug();
  ASSERT_TRUE(stores_->slugs.add(slug));
  EXPECT_EQ(stores_->slugs.add(slug).error().code, Errc::conflict);
  EXPECT_EQ(stores_->slugs.find(SlugId::make(random_)).error().code, Errc::not_found);
  EXPECT_EQ(stores_->slugs.remove(SlugId::make(random_)).error().code, Errc::not_found);
}

TEST_F(SlugStoreTest, ARemovedSlugLeavesItsReleasesAndBuildsWithoutOne) {
  const auto slug = add_slug();
  const auto release = add_release(slug);
  auto build = new_build();
  build.slug = slug;
  ASSERT_TRUE(stores_->builds.add(build));
  ASSERT_TRUE(stores_->slugs.remove(slug));
  EXPECT_FALSE(stores_->releases.find(release.id)->slug);
  EXPECT_FALSE(stores_->builds.find(build.id)->slug);
}

TEST_F(SlugStoreTest, UnusedLeavesTheLastReleasesThatCanBeRolledBackTo) {
  const Ids slugs{add_slug(), add_slug(), add_slug(), add_slug()};
  for (const SlugId& slug : slugs) add_release(slug);
  add_release();  // a release without a slug takes no place
  EXPECT_EQ(stores_->slugs.unused(app_, 2), (Ids{slugs[0], slugs[1]}));
  EXPECT_EQ(stores_->slugs.unused(app_, 0), slugs);
  EXPECT_TRUE(stores_->slugs.unused(app_, 99).empty());
}

TEST_F(SlugStoreTest, ARollbackBringsAnOldSlugBackIntoUse) {
  const Ids slugs{add_slug(), add_slug(), add_slug()};
  for (const SlugId& slug : slugs) add_release(slug);
  add_release(slugs[0]);
  EXPECT_EQ(stores_->slugs.unused(app_, 2), (Ids{slugs[1]}));
}

TEST_F(SlugStoreTest, AFailedReleaseDoesNotKeepItsSlugButAPendingOneDoes) {
  const auto good = add_slug();
  const auto failed = add_slug();
  const auto pending = add_slug();
  add_release(good);
  add_release(failed, Status::failed);
  add_release(pending, Status::pending);
  EXPECT_EQ(stores_->slugs.unused(app_, 1), (Ids{failed}));
}

TEST_F(SlugStoreTest, APendingBuildKeepsItsSlug) {
  auto build = new_build();
  build.slug = add_slug();
  ASSERT_TRUE(stores_->builds.add(build));
  EXPECT_TRUE(stores_->slugs.unused(app_, 0).empty());
  build.status = Status::failed;
  ASSERT_TRUE(stores_->builds.update(build));
  EXPECT_EQ(stores_->slugs.unused(app_, 0), (Ids{*build.slug}));
}

TEST_F(SlugStoreTest, ADynoKeepsTheSlugOfItsRelease) {
  const auto old_slug = add_slug();
  const auto release = add_release(old_slug);
  add_release(add_slug());
  const auto dyno = new_dyno(release.id);
  ASSERT_TRUE(stores_->dynos.add(dyno));
  EXPECT_TRUE(stores_->slugs.unused(app_, 1).empty());
  ASSERT_TRUE(stores_->dynos.remove(dyno.id));
  EXPECT_EQ(stores_->slugs.unused(app_, 1), (Ids{old_slug}));
}

TEST_F(SlugStoreTest, ANewSlugWithoutAReleaseAndOtherAppsSlugsAreTheirOwnMatter) {
  const auto stray = add_slug();
  app_ = add_app("shop");
  add_slug();
  const auto blog = stores_->apps.find(*AppName::parse("blog"))->id;
  EXPECT_EQ(stores_->slugs.unused(blog, 5), (Ids{stray}));
}

}  // namespace
}  // namespace davit::store
