#include "store_fixture.hpp"

namespace davit::store {
namespace {

using BuildStoreTest = StoreTest;

TEST_F(BuildStoreTest, KeepsEveryFieldThroughItsLife) {
  auto build = new_build();
  ASSERT_TRUE(stores_->builds.add(build));
  build.status = Status::succeeded;
  build.slug = add_slug();
  build.release = add_release(build.slug).id;
  build.updated_at = now();
  ASSERT_TRUE(stores_->builds.update(build));
  reopen();
  const auto read = stores_->builds.find(build.id);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->app, app_);
  EXPECT_EQ(read->user, user_);
  EXPECT_EQ(read->commit, build.commit);
  EXPECT_EQ(read->ref, "refs/heads/main");
  EXPECT_EQ(read->status, Status::succeeded);
  EXPECT_EQ(read->slug, build.slug);
  EXPECT_EQ(read->release, build.release);
  EXPECT_EQ(read->created_at, build.created_at);
  EXPECT_EQ(read->updated_at, build.updated_at);
}

TEST_F(BuildStoreTest, AFailureIsKept) {
  auto build = new_build();
  ASSERT_TRUE(stores_->builds.add(build));
  build.status = Status::failed;
  build.failure = "npm install failed; see the lines above";
  ASSERT_TRUE(stores_->builds.update(build));
  EXPECT_EQ(stores_->builds.find(build.id)->failure, build.failure);
}

TEST_F(BuildStoreTest, ListsNewestFirstAndBounded) {
  std::vector<BuildId> ids;
  for (int i = 0; i < 3; ++i) {
    const auto build = new_build();
    ASSERT_TRUE(stores_->builds.add(build));
    ids.push_back(build.id);
  }
  const auto two = stores_->builds.list(app_, 2);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].id, ids[2]);
  EXPECT_EQ(two[1].id, ids[1]);
}

TEST_F(BuildStoreTest, UnfinishedOnesArePending) {
  const auto pending = new_build();
  auto done = new_build();
  done.status = Status::succeeded;
  auto failed = new_build();
  failed.status = Status::failed;
  for (const auto& build : {pending, done, failed}) {
    ASSERT_TRUE(stores_->builds.add(build));
  }
  const auto unfinished = stores_->builds.list_unfinished();
  ASSERT_EQ(unfinished.size(), 1u);
  EXPECT_EQ(unfinished[0].id, pending.id);
}

TEST_F(BuildStoreTest, ErrorsNameWhatIsMissingOrTaken) {
  auto build = new_build();
  EXPECT_EQ(stores_->builds.update(build).error().code, Errc::not_found);
  EXPECT_EQ(stores_->builds.find(build.id).error().code, Errc::not_found);
  ASSERT_TRUE(stores_->builds.add(build));
  EXPECT_EQ(stores_->builds.add(build).error().code, Errc::conflict);
  build.slug = SlugId::make(random_);
  EXPECT_EQ(stores_->builds.update(build).error().code, Errc::not_found);
  build.slug = {};
  build.release = ReleaseId::make(random_);
  EXPECT_EQ(stores_->builds.update(build).error().code, Errc::not_found);
  auto other = new_build();
  other.app = AppId::make(random_);
  EXPECT_EQ(stores_->builds.add(other).error().code, Errc::not_found);
}

}  // namespace
}  // namespace davit::store
