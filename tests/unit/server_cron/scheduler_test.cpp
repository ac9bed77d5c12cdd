#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "server/cron/scheduler_impl.hpp"
#include "store/database.hpp"
#include "store/vault.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/server_api/fakes.hpp"

namespace davit::cron {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* hourly = R"([{"command": "worker --all", "schedule": "@hourly"}])";

// A scheduler over a real store, with one app; dynos are those that the supervisor was asked for.
class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    store::User user;
    user.id = user_ = UserId::make(random_);
    user.email = "owner@example.org";
    user.created_at = clock_.wall();
    stores_.users.add(user).value();
    store::App app;
    app.id = app_ = AppId::make(random_);
    app.name = AppName::parse("blog").value();
    app.owner = user_;
    app.created_at = app.updated_at = clock_.wall();
    stores_.apps.create(app, ReleaseId::make(random_)).value();
    run(scheduler_->recall());
  }
  ~SchedulerTest() override { run(scheduler_->stop()); }

  void run(Task<> task) {
    asio::co_spawn(io_, std::move(task), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
    io_.restart();
    io_.run();
  }
  store::Release deploy(const std::string& cron) {
    store::Slug slug;
    slug.id = SlugId::make(random_);
    slug.app = app_;
    slug.commit = CommitId::parse(std::string(40, 'a')).value();
    slug.processes = {{"worker", "node worker.js"}};
    slug.created_at = clock_.wall();
    slug.cron = cron;
    stores_.slugs.add(slug).value();
    store::Release release;
    release.id = ReleaseId::make(random_);
    release.app = app_;
    release.user = user_;
    release.slug = slug.id;
    release.processes = slug.processes;
    release.config = {{"KEY", "value"}};
    release.status = store::Status::succeeded;
    release.created_at = release.updated_at = clock_.wall();
    return stores_.releases.append(release).value();
  }
  void look(std::chrono::microseconds later = 0s) {
    clock_.advance(later);
    run(scheduler_->look());
  }
  void end(std::size_t run_number, const std::string& reason, int code) {
    supervisor::Ending ending;
    ending.completed = reason != "stopped";
    ending.crashed = ending.completed;
    if (ending.crashed) ending.reason = reason;
    ending.code = code;
    scheduler_->ended(supervisor_.runs.at(run_number).id, ending);
    run([]() -> Task<> { co_return; }());
  }
  std::size_t runs() const { return supervisor_.runs.size(); }
  std::string log() const { return logs_.all(app_); }
  store::CronRecord record() { return stores_.crons.list(app_).at(0); }
  // davitd ends, and another one begins.
  void restart() {
    run(scheduler_->stop());
    scheduler_ = std::make_unique<SchedulerImpl>(services());
    run(scheduler_->recall());
  }
  SchedulerImpl::Services services() {
    return {io_.get_executor(), thread_, supervisor_, logs_, clock_, random_};
  }
  Result<store::CronRecord> start_now(const std::string& job) {
    Result<store::CronRecord> result = fail(Errc::internal, "not run");
    auto app = stores_.apps.find(app_).value();
    auto task = [&]() -> Task<> {
      result = co_await scheduler_->start_now(app, job, "ada@example.org");
    };
    run(task());
    return result;
  }

  test::TempDir dir_;
  test::FakeClock clock_;
  test::SeededRandom random_{9};
  std::unique_ptr<store::Vault> vault_ = std::move(*store::Vault::open(dir_.str("key")));
  std::unique_ptr<store::Database> database_ =
      std::move(*store::Database::open(dir_.str("davit.db"), *vault_));
  store::Stores stores_{*database_};  // the store thread is idle between runs
  StoreThread thread_{stores_};
  asio::io_context io_;
  test::FakeSupervisor supervisor_;
  test::FakeLogs logs_{io_.get_executor()};
  std::unique_ptr<SchedulerImpl> scheduler_ = std::make_unique<SchedulerImpl>(services());
  UserId user_;
  AppId app_;
};

TEST_F(SchedulerTest, AJobRunsWithTheCurrentReleaseAndItsEndIsKept) {
  const auto release = deploy(hourly);
  look();
  look(59min);
  EXPECT_EQ(runs(), 0u);
  look(1min);
  ASSERT_EQ(runs(), 1u);
  const auto& asked = supervisor_.runs[0];
  EXPECT_EQ(asked.release.id, release.id);
  EXPECT_EQ(asked.release.config.at("KEY"), "value");
  EXPECT_EQ(asked.command, "node worker.js --all") << "a type of the Procfile";
  EXPECT_EQ(asked.type.str(), "cron");
  EXPECT_FALSE(asked.size) << "its type's, or standard";
  EXPECT_FALSE(asked.interaction) << "detached: it outlives davitd";
  EXPECT_GT(asked.time_limit, 1h);
  EXPECT_TRUE(record().started_at && !record().ended_at);
  clock_.advance(3s);
  end(0, "exited with status 3", 3);
  EXPECT_EQ(record().failure, "exited with status 3");
  EXPECT_EQ(record().exit_code, 3);
  EXPECT_THAT(log(), HasSubstr("starts `node worker.js --all` as "));
  EXPECT_THAT(log(), HasSubstr("after 3s: exited with status 3"));
  look(1h);
  ASSERT_EQ(runs(), 2u);
  end(1, "exited with status 0", 0);
  EXPECT_EQ(record().failure, "");
  EXPECT_THAT(log(), HasSubstr("with exit status 0"));
}

TEST_F(SchedulerTest, WhatStillRunsIsSkippedAndSaysSo) {
  deploy(hourly);
  look();
  look(1h);
  look(1h);
  EXPECT_EQ(runs(), 1u);
  EXPECT_EQ(record().skip_reason, "it still runs");
  EXPECT_FALSE(record().ended_at);
  EXPECT_THAT(log(), HasSubstr("skipped at 02:00 UTC: it still runs"));
  end(0, "stopped", 143);
  EXPECT_EQ(record().failure, "it was stopped");
  look(1h);
  EXPECT_EQ(runs(), 2u);
}

// Neither maintenance mode, nor a formation of zero, nor an app that sleeps is asked: a job is no
// visitor, and it has a dyno of its own. Only app.json stops it.
TEST_F(SchedulerTest, MaintenanceOfTheAppLetsJobsRunThatOfTheJobDoesNot) {
  deploy(R"([{"command": "x", "schedule": "@hourly"},
             {"command": "y", "schedule": "@hourly", "maintenance": true}])");
  stores_.apps.set_maintenance(app_, true, clock_.wall()).value();
  stores_.formations.set({app_, ProcessType::parse("web").value(), 0, "standard"}).value();
  look();
  look(1h);
  ASSERT_EQ(runs(), 1u);
  EXPECT_EQ(supervisor_.runs[0].command, "x");
}

TEST_F(SchedulerTest, ADeployChangesWhatRunsAndLetsTheOldRunEnd) {
  deploy(hourly);
  look();
  look(1h);
  deploy(R"([{"command": "new", "schedule": "30 * * * *"}])");
  look(30min);
  ASSERT_EQ(runs(), 2u);
  EXPECT_EQ(supervisor_.runs[1].command, "new");
  end(0, "exited with status 0", 0);
  look(30min);
  EXPECT_EQ(runs(), 2u) << "the old job is gone";
  end(1, "exited with status 0", 0);
  deploy("");
  look(24h);
  EXPECT_EQ(runs(), 2u);
  EXPECT_THAT(log(), Not(HasSubstr("skipped")));
}

TEST_F(SchedulerTest, AnotherReleaseWithTheSameJobGoesOnWhereItWas) {
  deploy(hourly);
  look();
  look(59min + 59s);
  const auto second = deploy(hourly);  // also a rollback, or a config var
  look(1s);
  ASSERT_EQ(runs(), 1u);
  EXPECT_EQ(supervisor_.runs[0].release.id, second.id);
  deploy(hourly);
  look(1h);
  EXPECT_EQ(runs(), 1u) << "it runs still";
}

TEST_F(SchedulerTest, AReleaseThatFailsChangesNothing) {
  deploy(hourly);
  look();
  auto failed = deploy(R"([{"command": "never", "schedule": "* * * * *"}])");
  stores_.releases.set_failed(failed.id, "no", clock_.wall()).value();
  look(1h);
  ASSERT_EQ(runs(), 1u);
  EXPECT_EQ(supervisor_.runs[0].command, "node worker.js --all");
}

TEST_F(SchedulerTest, ADestroyedAppLeavesNothingBehind) {
  deploy(hourly);
  look();
  look(1h);
  ASSERT_EQ(runs(), 1u);
  stores_.apps.remove(app_).value();
  logs_.apps.clear();
  end(0, "stopped", 143);
  look(1h);
  EXPECT_EQ(runs(), 1u);
  EXPECT_TRUE(logs_.apps.empty());
  EXPECT_TRUE(stores_.crons.list().empty());
}

TEST_F(SchedulerTest, ANewDavitdKnowsWhatRunsAndWhatWasDone) {
  const auto release = deploy(hourly);
  look();
  look(1h);
  ASSERT_EQ(runs(), 1u);
  store::DynoRecord row;  // as the supervisor writes it
  row.id = supervisor_.runs[0].id;
  row.app = app_;
  row.name = DynoName::parse("cron.1000").value();
  row.release = release.id;
  row.created_at = clock_.wall();
  row.one_off = true;
  stores_.dynos.add(row).value();
  restart();
  look(2min);
  EXPECT_EQ(runs(), 1u) << "01:00 was dealt with";
  look(58min);
  EXPECT_EQ(record().skip_reason, "it still runs");
  end(0, "exited with status 0", 0);
  EXPECT_TRUE(record().ended_at);
  look(1h);
  EXPECT_EQ(runs(), 2u);
}

TEST_F(SchedulerTest, WhatWasMissedMomentsAgoRunsOnceAndOlderIsToldOf) {
  deploy(
      R"([{"command": "x", "schedule": "*/2 * * * *"}, {"command": "y", "schedule": "0 1 * * *"}])");
  look();
  restart();
  look(3h + 1min);
  ASSERT_EQ(runs(), 1u);
  EXPECT_EQ(supervisor_.runs[0].command, "x");
  EXPECT_THAT(log(), HasSubstr("skipped at 01:00 UTC: nobody was there to start it"));
  EXPECT_THAT(log(), HasSubstr("due at 02:5"));
  restart();
  look();
  EXPECT_EQ(runs(), 1u);
}

TEST_F(SchedulerTest, ByHandItRunsNowAndNeverTwice) {
  deploy(R"([{"command": "x", "schedule": "@yearly", "maintenance": true}])");
  const std::string id = app_json::CronJob{"x", "@yearly"}.id();
  const auto run = start_now(id);
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_FALSE(run->dyno.empty());
  EXPECT_THAT(log(), HasSubstr("by user ada@example.org"));
  EXPECT_EQ(start_now(id).error().code, Errc::conflict);
  end(0, "exited with status 0", 0);
  EXPECT_TRUE(start_now(id));
  EXPECT_EQ(start_now("00000000").error().code, Errc::not_found);
  EXPECT_EQ(start_now("00000000").error().code, Errc::not_found) << "it gave its place back";
}

}  // namespace
}  // namespace davit::cron
