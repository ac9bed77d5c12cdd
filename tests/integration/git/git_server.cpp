#include "tests/integration/git/git_server.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <future>
#include <thread>

namespace davit::test {
namespace {

constexpr auto poll = std::chrono::milliseconds(5);

Task<> wait_until(std::function<bool()> condition) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!condition()) {
    timer.expires_after(poll);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

bool has_pack(const std::string& folder) {
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
    if (entry.path().extension() == ".idx") return true;
  }
  return false;
}

}  // namespace

class TestTurn final : public git::DeployTurn {
 public:
  explicit TestTurn(TestDeployer& deployer) : deployer_(deployer) { deployer_.busy_ = true; }
  ~TestTurn() override { deployer_.busy_ = false; }

 private:
  TestDeployer& deployer_;
};

Task<Result<std::unique_ptr<git::DeployTurn>>> TestDeployer::take_turn(AppId,
                                                                       OutputSink& progress) {
  if (busy_) {
    std::string text = "-----> Another push is being deployed; waiting for it\n";
    co_await progress.write(std::move(text));
    std::function<bool()> free = [this] { return !busy_; };
    co_await wait_until(std::move(free));
  }
  std::unique_ptr<git::DeployTurn> turn = std::make_unique<TestTurn>(*this);
  co_return turn;
}

Task<Result<git::Deployed>> TestDeployer::deploy(git::DeployRequest request, OutputSink& progress,
                                                 std::function<Result<>()> move_ref) {
  std::string text = "-----> Building " + request.commit.str() + "\n";
  co_await progress.write(std::move(text));
  struct CountCancel {
    std::atomic<int>& count;
    bool finished = false;
    ~CountCancel() { count += finished ? 0 : 1; }
  } guard{cancelled};
  if (hold) {
    ++waiting;
    std::function<bool()> released = [this] { return !hold; };
    co_await wait_until(std::move(released));
    --waiting;
  }
  guard.finished = true;
  const bool quarantined = !request.quarantine.empty() && has_pack(request.quarantine + "/pack");
  if (fail) {
    std::string reason = " !     Push rejected, the build failed\n";
    co_await progress.write(std::move(reason));
    co_return davit::fail(Errc::conflict, "build failed");
  }
  DAVIT_CO_TRY(move_ref());
  {
    const std::lock_guard lock(mutex_);
    records_.push_back({request.commit.str(), request.ref, quarantined});
  }
  std::string done = "-----> Released v2\n";
  co_await progress.write(std::move(done));
  co_return git::Deployed{2, "http://blog.localhost"};
}

std::vector<TestDeployer::Record> TestDeployer::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

GitServer::GitServer(git::PushLimits limits) {
  http::Handler handler = [this](http::Exchange& exchange) -> Task<> {
    co_await endpoint_->handle(exchange);
  };
  server_ = std::make_unique<RunningServer>(std::move(handler));
  // In the server's thread, which uses it.
  std::promise<void> made;
  asio::post(server_->io(), [&] {
    endpoint_ = std::make_unique<git::GitEndpoint>(server_->io().get_executor(), workers_, *this,
                                                   deployer, limits);
    made.set_value();
  });
  made.get_future().wait();
}

GitServer::~GitServer() {
  server_->stop();
  workers_.join();
  endpoint_.reset();  // its timers belong to the server's io context
}

std::string GitServer::url(const std::string& app, const std::string& key) const {
  const auto who = key.empty() ? std::string() : "x:" + key + "@";
  return fmt::format("http://{}127.0.0.1:{}/{}.git", who, server_->port(), app);
}

std::map<std::string, std::string> GitServer::refs() const {
  const auto refs = git::list_refs(repository());
  return refs ? refs->ids : std::map<std::string, std::string>{};
}

bool GitServer::no_quarantine() const {
  return eventually([this] {
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator(repository() + "/objects", ec)) {
      if (entry.path().filename().string().starts_with("quarantine-")) return false;
    }
    return true;
  });
}

bool GitServer::nothing_stored() const {
  return no_quarantine() && refs().empty() && !has_pack(repository() + "/objects/pack");
}

Task<Result<git::PushAccess>> GitServer::authorize(std::string header, AppName app, git::Service) {
  if (header != "Basic eDpzZWNyZXQ=") {
    co_return davit::fail(Errc::unauthorized, "log in with `davit login`");
  }
  if (app.str() == "other") {
    co_return davit::fail(Errc::forbidden, "app 'other' belongs to somebody else");
  }
  if (app.str() != "blog") {
    co_return davit::fail(Errc::not_found, "app '{}' not found", app.str());
  }
  git::PushAccess access;
  access.app = AppId::parse("01234567-89ab-4def-8123-456789abcdef").value();
  access.user = UserId::parse("01234567-89ab-4def-8123-456789abcdee").value();
  access.repository = repository();
  co_return access;
}

bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(poll);  // tidy-allow: sleep because it polls with a deadline
  }
  return true;
}

}  // namespace davit::test
