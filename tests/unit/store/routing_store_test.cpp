#include "store_fixture.hpp"

namespace davit::store {
namespace {

class RoutingStoreTest : public StoreTest {};

TEST_F(RoutingStoreTest, AnAppHasTheDefaultsUntilSomethingIsSet) {
  EXPECT_EQ(stores_->routing.find(app_), RoutingRecord());
  const RoutingRecord routing{20, "round-robin", true, "key", true, 3600};
  ASSERT_TRUE(stores_->routing.set(app_, {1, "random", false, "", false, 0}));
  ASSERT_TRUE(stores_->routing.set(app_, routing));
  reopen();
  EXPECT_EQ(stores_->routing.find(app_), routing);
  ASSERT_TRUE(stores_->apps.remove(app_));
  EXPECT_EQ(stores_->routing.find(app_), RoutingRecord());
  EXPECT_FALSE(stores_->routing.set(app_, routing)) << "of an app that is gone";
}

}  // namespace
}  // namespace davit::store
