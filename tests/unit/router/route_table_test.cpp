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
  EXPECT_EQ(routes->find("www.blog.test").app->dynos[0]->name, "web.1");
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
  EXPECT_EQ(compiled.routes->find("blog.localhost").app->dynos.size(), 1u);
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

struct Draining : testing::Test {
  std::vector<std::string> drained;
  DrainTracker tracker{[this](const std::string& dyno) { drained.push_back(dyno); }};
  std::shared_ptr<const Routes> before =
      compile(table_with({{"a", "web.1", {"127.0.0.1:1"}}, {"b", "web.2", {"127.0.0.1:2"}}}));
  std::shared_ptr<const Routes> after =
      compile(table_with({{"b", "web.2", {"127.0.0.1:2"}}}), before.get());
};

TEST_F(Draining, ADynoWithoutRequestsIsDrainedAtOnce) {
  tracker.report_idle(tracker.retire(*before, *after));
  EXPECT_EQ(drained, std::vector<std::string>{"a"});
}

TEST_F(Draining, ABusyDynoIsDrainedWithItsLastRequest) {
  InFlight first(before->dynos().at("a"));
  InFlight second(before->dynos().at("a"));
  tracker.report_idle(tracker.retire(*before, *after));
  EXPECT_EQ(tracker.draining(), std::vector<std::string>{"a"});
  first.release();
  EXPECT_TRUE(drained.empty());
  second.release();
  EXPECT_EQ(drained, std::vector<std::string>{"a"});
  EXPECT_TRUE(tracker.draining().empty());
}

}  // namespace
}  // namespace davit::router
