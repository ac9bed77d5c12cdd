#include "server/routing/table_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/support/fakes.hpp"

namespace davit::routing {
namespace {

using router::changes_version;

struct TableFeedTest : testing::Test {
  router::AppRoute route(const AppId& app, const std::string& name,
                         const std::string& dyno = "d") {
    router::AppRoute made;
    made.id = app.str();
    made.app = name;
    made.hosts = {name + ".localhost"};
    made.dynos = {{dyno, "web.1", {"127.0.0.1:1"}}};
    return made;
  }
  test::SeededRandom random{3};
  AppId blog = AppId::make(random), shop = AppId::make(random);
  TableFeed feed{{{"localhost"}, {"unix:/api.sock"}}};
};

TEST_F(TableFeedTest, AWholeTableComesFirstAndThenWhatChanges) {
  feed.set(blog, route(blog, "blog"));
  feed.set(shop, route(shop, "shop"));
  const auto first = std::get<router::SetTable>(feed.next(changes_version));
  EXPECT_EQ(first.table.version, 1u);
  EXPECT_EQ(first.table.apps.size(), 2u);
  EXPECT_FALSE(feed.stale());
  EXPECT_FALSE(feed.set(blog, route(blog, "blog"))) << "nothing is different";
  EXPECT_FALSE(feed.stale());
  EXPECT_TRUE(feed.set(blog, route(blog, "blog", "e")));
  EXPECT_TRUE(feed.remove(shop));
  EXPECT_TRUE(feed.stale());
  const auto second = std::get<router::ChangeTable>(feed.next(changes_version)).change;
  EXPECT_EQ(second.from, 1u);
  EXPECT_EQ(second.to, 2u);
  ASSERT_EQ(second.changed.size(), 1u);
  EXPECT_EQ(second.changed[0].dynos[0].id, "e");
  EXPECT_EQ(second.removed, std::vector<std::string>{shop.str()});
}

TEST_F(TableFeedTest, ANewConnectionAndAnOlderRouterGetWholeTables) {
  feed.set(blog, route(blog, "blog"));
  feed.begin_after(41);
  EXPECT_EQ(std::get<router::SetTable>(feed.next(changes_version)).table.version, 42u);
  feed.start_over();
  EXPECT_TRUE(feed.stale());
  EXPECT_EQ(std::get<router::SetTable>(feed.next(changes_version)).table.version, 43u);
  feed.set(blog, route(blog, "blog", "e"));
  EXPECT_TRUE(std::holds_alternative<router::SetTable>(feed.next(changes_version - 1)));
}

TEST_F(TableFeedTest, ANameThatGoesToAnotherAppIsFoundThere) {
  feed.set(blog, route(blog, "blog"));
  feed.set(shop, route(shop, "blog"));
  feed.set(blog, route(blog, "old"));
  ASSERT_NE(feed.find("blog"), nullptr);
  EXPECT_EQ(*feed.find("blog"), shop);
  EXPECT_EQ(*feed.find("old"), blog);
  feed.remove(blog);
  EXPECT_EQ(feed.find("old"), nullptr);
  EXPECT_EQ(*feed.find("blog"), shop);
}

// Seed 9. Whatever changes, and whatever is sent together: a router that applies what it is sent
// has the table that a new connection would be sent.
TEST_F(TableFeedTest, ChangesLeadToTheWholeTable) {
  std::mt19937_64 lots(9);
  std::vector<AppId> apps;
  for (int i = 0; i < 12; ++i) apps.push_back(AppId::make(random));
  auto router = std::get<router::SetTable>(feed.next(changes_version)).table;
  for (int i = 0; i < 500; ++i) {
    const std::size_t which = lots() % apps.size();
    const AppId& app = apps[which];
    if (lots() % 4 == 0) {
      feed.remove(app);
    } else {
      feed.set(app, route(app, "app-" + std::to_string(which), std::to_string(lots() % 5)));
    }
    if (lots() % 3 != 0 || !feed.stale()) continue;
    auto change = std::get<router::ChangeTable>(feed.next(changes_version)).change;
    router = router::apply_change(router, std::move(change)).value();
  }
  if (feed.stale()) {
    auto change = std::get<router::ChangeTable>(feed.next(changes_version)).change;
    router = router::apply_change(router, std::move(change)).value();
  }
  feed.start_over();
  auto whole = std::get<router::SetTable>(feed.next(changes_version)).table;
  EXPECT_EQ(whole.version, router.version + 1);
  whole.version = router.version;
  for (auto* table : {&whole, &router}) {
    std::ranges::sort(table->apps, {}, &router::AppRoute::id);
  }
  EXPECT_EQ(router.to_json(), whole.to_json());
}

}  // namespace
}  // namespace davit::routing
