#include "router/route_table.hpp"

#include <gtest/gtest.h>

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

std::shared_ptr<const Routes> compile(const RouteTable& table, const Routes* previous = nullptr) {
  auto compiled = Routes::compile(table, previous);
  EXPECT_TRUE(compiled.problems.empty());
  return compiled.routes;
}

TEST(Routes, FindsAppsAndTheControlPlaneByHost) {
  const auto routes = compile(table_with({{"a", "web.1", {"127.0.0.1:1"}}}));
  EXPECT_EQ(routes->find("blog.localhost").app->name, "blog");
  EXPECT_EQ(routes->find("www.blog.test").app->dynos->all()[0]->name, "web.1");
  EXPECT_EQ((*routes->find("localhost").control)->address.text(), "unix:/tmp/api.sock");
  EXPECT_FALSE(routes->find("other.localhost"));
  EXPECT_FALSE(routes->find(""));
}

TEST(Routes, ADynoKeepsItsCountsFromTableToTable) {
  const auto first = compile(table_with({{"a", "web.1", {"127.0.0.1:1"}}}));
  const auto second = compile(
      table_with({{"a", "web.1", {"127.0.0.1:1"}}, {"b", "web.2", {"127.0.0.1:2"}}}), first.get());
  EXPECT_EQ(first->dynos().at("a"), second->dynos().at("a"));
  const auto moved = compile(table_with({{"a", "web.1", {"127.0.0.1:9"}}}), second.get());
  EXPECT_NE(second->dynos().at("a"), moved->dynos().at("a"));
}

TEST(Routes, OneBadEntryDoesNotTakeTheOthersDown) {
  auto table = table_with({{"a", "web.1", {"nonsense"}}, {"b", "web.2", {"127.0.0.1:2"}}});
  table.apps.push_back(table.apps[0]);
  table.apps[1].app = "thief";
  table.apps[1].dynos.clear();
  const auto compiled = Routes::compile(table, nullptr);
  EXPECT_EQ(compiled.problems.size(), 3u);
  EXPECT_EQ(compiled.routes->find("blog.localhost").app->name, "blog");
  EXPECT_EQ(compiled.routes->find("blog.localhost").app->dynos->all().size(), 1u);
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

RouteTable two_apps(const std::string& first, const std::string& second) {
  RouteTable table;
  table.control.address = "unix:/tmp/api.sock";
  for (const std::string& id : {first, second}) {
    AppRoute app;
    app.id = id;
    app.app = "app-" + id;
    table.apps.push_back(app);
  }
  return table;
}

TEST(Routes, AnAppKeepsItsGateAlsoWhenItIsRenamed) {
  auto table = two_apps("1", "2");
  const auto first = compile(table);
  table.apps[0].app = "other";
  const auto second = compile(table, first.get());
  EXPECT_EQ(first->apps()[0].gate, second->apps()[0].gate);
  EXPECT_NE(second->apps()[0].gate, second->apps()[1].gate);
}

TEST(Routes, AnotherAppOfTheSameNameHasAnotherGate) {
  auto table = two_apps("1", "2");
  const auto first = compile(table);
  table.apps[0].id = "3";
  const auto second = compile(table, first.get());
  EXPECT_NE(first->apps()[0].gate, second->apps()[0].gate);
  table.apps[0].id = "2";
  const auto twins = Routes::compile(table, second.get()).routes;
  EXPECT_NE(twins->apps()[0].gate, twins->apps()[1].gate);
}

TEST(Routes, AGateSurvivesTheUpgradeToADavitdThatSendsIds) {
  auto table = two_apps("", "");
  table.apps.resize(1);
  table.apps[0].app = "blog";
  const auto first = compile(table);
  table.apps[0].id = "1";
  const auto second = compile(table, first.get());
  EXPECT_EQ(first->apps()[0].gate, second->apps()[0].gate);
}

struct Draining : testing::Test {
  asio::io_context io;
  std::vector<std::string> drained;
  DrainTracker tracker{io, [this](const std::string& dyno) { drained.push_back(dyno); }};
  std::shared_ptr<const Routes> before =
      compile(table_with({{"a", "web.1", {"127.0.0.1:1"}}, {"b", "web.2", {"127.0.0.1:2"}}}));
  std::shared_ptr<const Routes> after =
      compile(table_with({{"b", "web.2", {"127.0.0.1:2"}}}), before.get());
};

TEST_F(Draining, ADynoWithoutRequestsIsDrainedAsSoonAsNobodyCanBeginOne) {
  const auto left = tracker.leave(*before, *after);
  EXPECT_TRUE(before->dynos().at("a")->leaving);
  EXPECT_FALSE(before->dynos().at("b")->leaving);
  io.poll();
  EXPECT_TRUE(drained.empty()) << "a thread may still serve by the table before";
  tracker.retire(left);
  EXPECT_EQ(drained, std::vector<std::string>{"a"});
}

TEST_F(Draining, ABusyDynoIsDrainedWithItsLastRequest) {
  InFlight first = InFlight::on(before->dynos().at("a"));
  InFlight second = InFlight::on(before->dynos().at("a"));
  second.become_tunnel();
  tracker.retire(tracker.leave(*before, *after));
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
  InFlight request = InFlight::on(before->dynos().at("a"));
  const auto left = tracker.leave(*before, *after);
  request.release();
  io.poll();
  EXPECT_TRUE(drained.empty());
  tracker.retire(left);
  EXPECT_EQ(drained, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace davit::router
