#include "server/release/proof.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes.hpp"

namespace davit::release {
namespace {

class DemandsTest : public testing::Test {
 protected:
  Demands demands() const {
    return demands_of(release_, slug_, {{app_, web_, quantity_, "standard"}});
  }

  test::SeededRandom random_{2};
  AppId app_ = AppId::make(random_);
  ProcessType web_ = ProcessType::parse("web").value();
  std::uint32_t quantity_ = 1;
  store::Release release_;
  store::Slug slug_;
};

TEST_F(DemandsTest, APlainReleaseHasNothingToProve) {
  release_.processes = {{"web", "node ."}};
  EXPECT_FALSE(demands().any());
}

TEST_F(DemandsTest, AReleaseProcessMustSucceedAlsoWhereNothingRuns) {
  release_.processes = {{"release", "node migrate.js"}};
  quantity_ = 0;
  EXPECT_TRUE(demands().command);
  EXPECT_FALSE(demands().trial);
}

TEST_F(DemandsTest, AStartCheckIsTriedWhereWebDynosRun) {
  release_.processes = {{"web", "node ."}};
  slug_.health_checks = R"({"web":{"path":"/health"}})";
  EXPECT_TRUE(demands().trial);
  EXPECT_FALSE(demands().command);
  quantity_ = 0;
  EXPECT_FALSE(demands().any()) << "nobody to ask";
  quantity_ = 1;
  release_.processes = {{"worker", "node ."}};
  EXPECT_FALSE(demands().any());
}

TEST_F(DemandsTest, ALivenessCheckAloneIsNoGate) {
  release_.processes = {{"web", "node ."}};
  slug_.health_checks = R"({"web":{"start":false,"liveness":true}})";
  EXPECT_FALSE(demands().any());
}

}  // namespace
}  // namespace davit::release
