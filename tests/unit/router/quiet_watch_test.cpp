#include "router/quiet_watch.hpp"

#include <gmock/gmock.h>

#include "tests/support/fakes.hpp"

namespace davit::router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class QuietWatchTest : public testing::Test {
 protected:
  void table(std::vector<DynoRoute> dynos, std::int64_t quiet_after_ms = 60'000) {
    RouteTable table;
    AppRoute app;
    app.app = "blog";
    app.hosts = {"blog.localhost"};
    app.quiet_after_ms = quiet_after_ms;
    app.dynos = std::move(dynos);
    table.version = ++version_;
    table.apps = {app};
    routes_ = Routes::compile(table, *routes_).routes;
  }
  std::vector<std::string> after(std::chrono::seconds time) {
    clock_.advance(time);
    return watch_.look(*routes_, clock_.steady());
  }
  const TargetPtr& dyno() { return routes_->find("blog.localhost").app->dynos.all()[0]; }

  std::uint64_t version_ = 0;
  test::FakeClock clock_;
  std::shared_ptr<const Routes> routes_ = std::make_shared<const Routes>();
  QuietWatch watch_;
};

TEST_F(QuietWatchTest, AnAppIsQuietOnceItHadNothingToDoForSoLong) {
  table({{"a", "web.1", {"127.0.0.1:1"}}});
  EXPECT_THAT(after(0s), IsEmpty());
  EXPECT_THAT(after(59s), IsEmpty());
  EXPECT_THAT(after(1s), ElementsAre("blog"));
  EXPECT_THAT(after(1s), IsEmpty()) << "told";
  EXPECT_THAT(after(60s), ElementsAre("blog")) << "and again after a while";
  watch_.tell_again();
  EXPECT_THAT(after(1s), ElementsAre("blog")) << "a new davitd has not heard of it";
}

TEST_F(QuietWatchTest, ARequestBeginsTheTimeAnewAndOneInFlightHoldsIt) {
  table({{"a", "web.1", {"127.0.0.1:1"}}});
  after(0s);
  after(50s);
  InFlight::on(dyno()).release();
  EXPECT_THAT(after(20s), IsEmpty());
  EXPECT_THAT(after(60s), ElementsAre("blog"));
  InFlight websocket = InFlight::on(dyno());
  websocket.become_tunnel();
  EXPECT_THAT(after(3600s), IsEmpty());
  EXPECT_THAT(after(3600s), IsEmpty());
  websocket.release();
  EXPECT_THAT(after(59s), IsEmpty());
  EXPECT_THAT(after(1s), ElementsAre("blog"));
}

TEST_F(QuietWatchTest, OnlyAppsThatMaySleepAndHaveDynosAreTold) {
  table({{"a", "web.1", {"127.0.0.1:1"}}}, 0);
  after(0s);
  EXPECT_THAT(after(3600s), IsEmpty());
  table({});
  after(0s);
  EXPECT_THAT(after(3600s), IsEmpty());
  table({{"b", "web.1", {"127.0.0.1:2"}}});
  EXPECT_THAT(after(0s), IsEmpty()) << "it has just come back";
  EXPECT_THAT(after(60s), ElementsAre("blog"));
}

// Sleep and wake between two looks: the dyno is another target with as many requests as the one
// before. It was taken for the same, and the app found quiet a minute late.
TEST_F(QuietWatchTest, ADynoThatLeftAndCameBackCountsAnew) {
  table({{"a", "web.1", {"127.0.0.1:1"}}});
  InFlight::on(dyno()).release();
  after(0s);
  EXPECT_THAT(after(60s), ElementsAre("blog"));
  table({});
  table({{"a", "web.1", {"127.0.0.1:1"}}});
  InFlight::on(dyno()).release();
  EXPECT_THAT(after(10s), IsEmpty());
  EXPECT_THAT(after(60s), ElementsAre("blog"));
}

}  // namespace
}  // namespace davit::router
