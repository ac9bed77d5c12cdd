#include "store_fixture.hpp"

namespace davit::store {
namespace {

// A current release v2, and what comes after it.
class CanaryTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_TRUE(stores_->releases.append(new_release(add_slug())));
  }
  Release append(bool canary, Status status = Status::succeeded) {
    auto release = new_release(add_slug(), status);
    release.canary = canary;
    release.config = {{"V", std::to_string(++count_)}};
    return *stores_->releases.append(std::move(release));
  }
  std::uint32_t current() { return stores_->releases.current(app_)->version; }
  std::string config() { return stores_->releases.configured(app_)->config["V"]; }
  int count_ = 0;
};

TEST_F(CanaryTest, ItIsNotTheCurrentReleaseUntilItIsPromoted) {
  const auto canary = append(true);
  reopen();
  EXPECT_EQ(current(), 2u);
  ASSERT_TRUE(stores_->releases.canary(app_));
  EXPECT_EQ(stores_->releases.canary(app_)->id, canary.id);
  EXPECT_EQ(config(), "1") << "what comes next carries its config vars on";
  ASSERT_TRUE(stores_->releases.promote(canary.id, canary.created_at));
  EXPECT_EQ(current(), 3u);
  EXPECT_FALSE(stores_->releases.canary(app_));
  EXPECT_EQ(stores_->releases.promote(canary.id, canary.created_at).error().code, Errc::conflict);
  EXPECT_EQ(stores_->releases.withdraw(canary.id, "no", canary.created_at).error().code,
            Errc::conflict);
}

TEST_F(CanaryTest, OneThatIsTakenBackHasFailedAndLeavesNoConfig) {
  append(false);
  const auto canary = append(true);
  ASSERT_TRUE(stores_->releases.withdraw(canary.id, "too slow", canary.created_at));
  EXPECT_EQ(current(), 3u);
  EXPECT_EQ(config(), "1");
  const auto found = *stores_->releases.find(canary.id);
  EXPECT_EQ(found.status, Status::failed);
  EXPECT_EQ(found.failure, "too slow");
  EXPECT_TRUE(found.canary) << "it is still known what it was";
  EXPECT_FALSE(stores_->releases.canary(app_));
}

TEST_F(CanaryTest, WhateverSucceedsAfterItTakesItsPlace) {
  const auto first = append(true);
  const auto second = append(true, Status::pending);
  EXPECT_EQ(stores_->releases.canary(app_)->id, first.id) << "until the other is proved";
  ASSERT_TRUE(stores_->releases.set_status(second.id, Status::succeeded, second.created_at));
  EXPECT_EQ(stores_->releases.canary(app_)->id, second.id);
  EXPECT_EQ(stores_->releases.find(first.id)->failure, "v4 took its place before it was promoted");
  append(false);
  EXPECT_FALSE(stores_->releases.canary(app_));
  EXPECT_EQ(current(), 5u);
}

TEST_F(CanaryTest, SettingsAreKept) {
  EXPECT_EQ(stores_->canaries.find(app_), CanaryRecord());
  const CanaryRecord record{true, 25, 900'000};
  ASSERT_TRUE(stores_->canaries.set(app_, {true, 1, 0}));
  ASSERT_TRUE(stores_->canaries.set(app_, record));
  reopen();
  EXPECT_EQ(stores_->canaries.find(app_), record);
  ASSERT_TRUE(stores_->apps.remove(app_));
  EXPECT_FALSE(stores_->canaries.set(app_, record)) << "of an app that is gone";
}

}  // namespace
}  // namespace davit::store
