#include "router/route_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "router/drain.hpp"

namespace davit::router {
namespace {

RouteTable table_with(std::vector<DynoRoute> dynos) {
  RouteTable table;
  table.version = 1;
  table.control_hosts = {"localhost"};
  table.control.address = "unix:/tmp/api.sock";
  AppRoute app;
  app.app = "blog";
  app.hosts = {"blog.localhost", "www.blog.test"};
  app.dynos = std::move(dynos);
  table.apps = {app};
  return table;
}

const Routes no_routes;

std::shared_ptr<const Routes> compile(const RouteTable& table, const Routes& previous = no_routes) {
  auto compiled = Routes::compile(table, previous);
  EXPECT_TRUE(compiled.problems.empty());
  return compiled.routes;
}

const App& blog_of(const std::shared_ptr<const Routes>& routes) {
  return *routes->find("blog.localhost").app;
}

TEST(Routes, FindsAppsAndTheControlPlaneByHost) {
  const auto routes = compile(table_with({{"a", "web.1", {"127.0.0.1:1"}}}));
  EXPECT_EQ(blog_of(routes).settings.app, "blog");
  EXPECT_EQ(routes->find("www.blog.test").app->dynos.all()[0]->name, "web.1");
  EXPECT_EQ((*routes->find("localhost").control)->endpoint, "unix:/tmp/api.sock");
  EXPECT_FALSE(routes->find("other.localhost"));
  EXPECT_FALSE(routes->find(""));
}

TEST(Routes, ADynoKeepsItsCountsFromTableToTable) {
  const auto first = compile(table_with({{"a", "web.1", {"127.0.0.1:1"}}}));
  const auto second = compile(
      table_with({{"a", "web.1", {"127.0.0.1:1"}}, {"b", "web.2", {"127.0.0.1:2"}}}), *first);
  EXPECT_EQ(blog_of(first).dynos.all()[0], blog_of(second).dynos.all()[0]);
  const auto moved = compile(table_with({{"a", "web.1", {"127.0.0.1:9"}}}), *second);
  EXPECT_NE(blog_of(second).dynos.all()[0], blog_of(moved).dynos.all()[0]);
}

TEST(Routes, OneBadEntryDoesNotTakeTheOthersDown) {
  auto table = table_with({{"a", "web.1", {"nonsense"}}, {"b", "web.2", {"127.0.0.1:2"}}});
  table.apps.push_back(table.apps[0]);
  table.apps[1].app = "thief";
  table.apps[1].dynos.clear();
  const auto compiled = Routes::compile(table, no_routes);
  EXPECT_EQ(compiled.problems.size(), 3u);
  EXPECT_EQ(blog_of(compiled.routes).settings.app, "blog");
  EXPECT_EQ(blog_of(compiled.routes).dynos.all().size(), 1u);
}

TEST(Routes, ATableThatSaysTheSameChangesNothing) {
  const auto table = table_with({{"a", "web.1", {"127.0.0.1:1"}}});
  const auto first = compile(table);
  const auto again = Routes::compile(table, *first);
  EXPECT_TRUE(again.changed.empty());
  EXPECT_TRUE(again.left.empty());
  EXPECT_EQ(&blog_of(first), &blog_of(again.routes));
  EXPECT_EQ(RouteTable::from_json(nlohmann::json::parse(again.routes->text()))->to_json(),
            table.to_json());
}

TEST(Addresses, AreParsedStrictly) {
  for (const char* good :
       {"127.0.0.1:80", "[::1]:8080", "unix:/run/x.sock", "0.0.0.0:0", "dyno:/run/dynos/1.net"}) {
    EXPECT_TRUE(Address::parse(good)) << good;
  }
  for (const char* bad : {"", ":80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                          "unix:", "dyno:", "::1:80", "[::1]", "1.2.3.4:80x"}) {
    EXPECT_FALSE(Address::parse(bad)) << bad;
  }
}

AppRoute app_of(const std::string& id, const std::string& name) {
  AppRoute app;
  app.id = id;
  app.app = name;
  app.hosts = {name + ".localhost"};
  return app;
}

RouteTable tables_of(std::vector<AppRoute> apps, std::uint64_t version = 1) {
  RouteTable table;
  table.version = version;
  table.control.address = "unix:/tmp/api.sock";
  table.apps = std::move(apps);
  return table;
}

TEST(Routes, AnAppKeepsItsGateAlsoWhenItIsRenamed) {
  const auto first = compile(tables_of({app_of("1", "blog"), app_of("2", "shop")}));
  const auto second = compile(tables_of({app_of("1", "other"), app_of("2", "shop")}), *first);
  EXPECT_EQ(blog_of(first).gate, second->find("other.localhost").app->gate);
  EXPECT_NE(second->find("other.localhost").app->gate, second->find("shop.localhost").app->gate);
}

TEST(Routes, AnotherAppOfTheSameNameHasAnotherGate) {
  const auto first = compile(tables_of({app_of("1", "blog")}));
  const auto second = compile(tables_of({app_of("2", "blog")}), *first);
  EXPECT_NE(blog_of(first).gate, blog_of(second).gate);
}

TEST(Routes, AGateSurvivesTheUpgradeToADavitdThatSendsIds) {
  const auto first = compile(tables_of({app_of("", "blog")}));
  const auto second = Routes::compile(tables_of({app_of("1", "blog")}), *first);
  EXPECT_EQ(blog_of(first).gate, blog_of(second.routes).gate);
  EXPECT_TRUE(second.gone.empty()) << "its gate is not closed";
}

TEST(Routes, AHostThatOneAppGivesUpAnotherMayTakeInTheSameChange) {
  auto shop = app_of("2", "shop");
  shop.hosts.push_back("example.org");
  const auto first = compile(tables_of({app_of("1", "blog"), shop}));
  auto blog = app_of("1", "blog");
  blog.hosts.push_back("example.org");
  const auto second =
      Routes::compile(TableChange{1, 2, {blog, app_of("2", "shop")}, {}}, *first).value();
  EXPECT_TRUE(second.problems.empty());
  EXPECT_EQ(second.routes->find("example.org").app->settings.app, "blog");
  EXPECT_EQ(second.routes->find("shop.localhost").app->settings.app, "shop");
}

TEST(Routes, AChangeOfAnotherVersionIsRefused) {
  const auto first = compile(tables_of({app_of("1", "blog")}, 7));
  EXPECT_FALSE(Routes::compile(TableChange{6, 8, {}, {"1"}}, *first));
  EXPECT_EQ(Routes::compile(TableChange{7, 8, {}, {"1"}}, *first)->routes->version(), 8u);
}

std::vector<std::string> sorted_apps(const RouteTable& table) {
  std::vector<std::string> apps;
  for (AppRoute app : table.apps) {
    std::ranges::sort(app.dynos, {}, &DynoRoute::id);
    RouteTable one;
    one.apps = {std::move(app)};
    apps.push_back(one.to_json().dump());
  }
  std::ranges::sort(apps);
  return apps;
}

// Seed 5. Whatever changes, table after table: the same apps, dynos and hosts as in a table that is
// built from nothing, and each dyno that is gone is told once.
TEST(Routes, ChangesLeadToTheTableThatTheyDescribe) {
  FastRandom random(5);
  RouteTable model = tables_of({});
  std::shared_ptr<const Routes> routes = compile(model);
  std::set<std::string> told, expected;
  std::uint64_t next_dyno = 0;
  for (int i = 0; i < 400; ++i) {
    TableChange change{model.version, model.version + 1, {}, {}};
    const std::string id = std::to_string(random.below(8));
    if (random.below(4) == 0) {
      change.removed = {id};
    } else {
      AppRoute app = app_of(id, "app-" + id);
      app.concurrency = static_cast<std::uint32_t>(random.below(3));
      for (std::size_t dynos = random.below(4); dynos > 0; --dynos) {
        const auto weight = static_cast<std::uint32_t>(100 * (1 + random.below(2)));
        // Some of it was there before.
        const std::string dyno = random.below(2) == 0 ? "d" + id + std::to_string(dynos)
                                                      : "n" + std::to_string(++next_dyno);
        app.dynos.push_back({dyno, "web.1", {"127.0.0.1:1"}, weight});
      }
      change.changed = {app};
    }
    for (const AppRoute& app : model.apps) {
      if (app.id != id) continue;
      for (const DynoRoute& dyno : app.dynos) {
        const bool stays = !change.changed.empty() &&
                           std::ranges::find(change.changed[0].dynos, dyno.id, &DynoRoute::id) !=
                               change.changed[0].dynos.end();
        if (!stays) expected.insert(dyno.id + "@" + std::to_string(change.to));
      }
    }
    model = apply_change(model, change).value();
    auto compiled = Routes::compile(change, *routes).value();
    ASSERT_TRUE(compiled.problems.empty());
    for (const Routes::Left& left : compiled.left) {
      EXPECT_FALSE(left.replaced);
      told.insert(left.target->id + "@" + std::to_string(change.to));
    }
    routes = compiled.routes;
    ASSERT_EQ(sorted_apps(routes->table()), sorted_apps(model)) << i;
    for (int app = 0; app < 8; ++app) {
      const auto host = "app-" + std::to_string(app) + ".localhost";
      const bool there =
          std::ranges::find(model.apps, std::to_string(app), &AppRoute::id) != model.apps.end();
      ASSERT_EQ(static_cast<bool>(routes->find(host)), there) << i;
    }
  }
  EXPECT_EQ(told, expected);
}

struct Draining : testing::Test {
  asio::io_context io;
  std::vector<std::string> drained;
  DrainTracker tracker{io, [this](const std::string& dyno) { drained.push_back(dyno); }};
  std::shared_ptr<const Routes> before =
      compile(table_with({{"a", "web.1", {"127.0.0.1:1"}}, {"b", "web.2", {"127.0.0.1:2"}}}));
  std::vector<Routes::Left> left =
      Routes::compile(table_with({{"b", "web.2", {"127.0.0.1:2"}}}), *before).left;
  TargetPtr a = blog_of(before).dynos.all()[0];
  TargetPtr b = blog_of(before).dynos.all()[1];
};

TEST_F(Draining, ADynoWithoutRequestsIsDrainedAsSoonAsNobodyCanBeginOne) {
  tracker.leave(left);
  EXPECT_TRUE(a->leaving);
  EXPECT_FALSE(b->leaving);
  io.poll();
  EXPECT_TRUE(drained.empty()) << "a thread may still serve by the table before";
  tracker.retire(left);
  EXPECT_EQ(drained, std::vector<std::string>{"a"});
}

TEST_F(Draining, ABusyDynoIsDrainedWithItsLastRequest) {
  InFlight first = InFlight::on(a);
  InFlight second = InFlight::on(a);
  second.become_tunnel();
  tracker.leave(left);
  tracker.retire(left);
  EXPECT_EQ(tracker.draining(), std::vector<std::string>{"a"});
  first.release();
  io.poll();
  EXPECT_TRUE(drained.empty());
  second.release();
  io.restart();
  io.poll();
  EXPECT_EQ(drained, std::vector<std::string>{"a"});
  EXPECT_TRUE(tracker.draining().empty());
}

TEST_F(Draining, ARequestThatEndsBeforeAllThreadsHaveTheTableDrainsNothing) {
  InFlight request = InFlight::on(a);
  tracker.leave(left);
  request.release();
  io.poll();
  EXPECT_TRUE(drained.empty());
  tracker.retire(left);
  EXPECT_EQ(drained, std::vector<std::string>{"a"});
}

// davitd would stop a dyno that serves.
TEST_F(Draining, ADynoThatOnlyMovedIsNotToldAsDrained) {
  const auto moved = Routes::compile(
      table_with({{"a", "web.1", {"127.0.0.1:9"}}, {"b", "web.2", {"127.0.0.1:2"}}}), *before);
  tracker.leave(moved.left);
  tracker.retire(moved.left);
  EXPECT_TRUE(drained.empty());
  EXPECT_TRUE(tracker.draining().empty());
}

}  // namespace
}  // namespace davit::router
