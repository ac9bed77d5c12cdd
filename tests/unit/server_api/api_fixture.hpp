#pragma once
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "server/api/api.hpp"
#include "store/database.hpp"
#include "store/vault.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/server_api/fakes.hpp"
#include "tests/unit/server_api/memory_exchange.hpp"

namespace davit::test {

struct Ask {
  std::string method;
  std::string target;
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string token = "";  // empty: the owner's; "-": none
};

struct Answer {
  int status = 0;
  http::Fields fields;
  std::string body;
  nlohmann::json json;  // null where the body is no JSON
};

// The API over a real store: "owner" and "other" are users, "admin" is one.
class ApiTest : public testing::Test {
 protected:
  explicit ApiTest(api::Options options = {});
  ~ApiTest() override;

  Answer ask(Ask request);
  Answer get(const std::string& target) { return ask({"GET", target, "", {}}); }
  Answer send(const std::string& method, const std::string& target, const nlohmann::json& body) {
    return ask({method, target, body.dump(), {}});
  }
  std::unique_ptr<MemoryExchange> exchange_for(const Ask& request);
  void run(Task<> task);
  std::unique_ptr<sources::Sources> make_sources();

  store::App make_app(const std::string& name);
  store::Release deploy(const store::App& app, store::ProcessTypes processes);
  std::string add_user(const std::string& email, bool admin);  // its token

  TempDir dir_;
  FakeClock clock_;
  SeededRandom random_{3};
  std::unique_ptr<store::Vault> vault_;
  std::unique_ptr<store::Database> database_;
  store::Stores stores_;  // used between requests only: the store thread is idle then
  StoreThread thread_;
  asio::io_context io_;
  asio::thread_pool workers_{1};
  auth::Authenticator authenticator_;
  FakeSupervisor supervisor_;
  FakeReleases releases_;
  FakeLogs logs_;
  FakeLifecycle lifecycle_;
  FakeOutputs outputs_;
  FakeOutputs release_outputs_;
  FakeDoctor doctor_;
  FakeMetrics metrics_;
  std::unique_ptr<sources::Sources> sources_ = make_sources();
  sources::Uploads uploads_{dir_.str("uploads"), workers_, clock_, random_};
  FakeSourceBuilds source_builds_{thread_, random_};
  FakeBuilds builds_;
  FakeCron cron_{thread_};
  // The real ones, over an empty folder, with every source off.
  std::unique_ptr<runtimes::Runtimes> runtimes_ = runtimes::make_runtimes(
      {dir_.str("runtimes"), "/runtimes", {}, {{}, {}, {}, {}}, false, 0, {}}, clock_, random_);
  supervisor::SizeCatalog sizes_ = supervisor::SizeCatalog::defaults(0);
  api::Api api_;
  std::string owner_, other_, admin_;  // tokens
};

}  // namespace davit::test
