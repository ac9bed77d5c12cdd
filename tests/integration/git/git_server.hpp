#pragma once
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/condition.hpp"
#include "server/git/git_endpoint.hpp"
#include "tests/support/http/running_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::test {

// Records deploys; fails or waits when told to. Its coroutines run on the server's thread, the rest
// on the test's.
class TestDeployer final : public git::Deployer {
 public:
  struct Record {
    std::string commit;
    std::string ref;
    bool quarantined = false;  // the objects were there and nowhere else
  };

  Task<Result<std::unique_ptr<git::DeployTurn>>> take_turn(AppId app,
                                                           OutputSink& progress) override;
  Task<Result<git::Deployed>> deploy(git::DeployRequest request, OutputSink& progress,
                                     std::function<Result<>()> move_ref) override;

  std::vector<Record> records() const;
  std::atomic<bool> fail{false};
  std::atomic<bool> hold{false};  // deploys wait while it is set
  std::atomic<int> waiting{0};    // deploys that wait
  std::atomic<int> cancelled{0};

 private:
  friend class TestTurn;
  mutable std::mutex mutex_;
  std::vector<Record> records_;
  bool busy_ = false;
};

// A real http::Server with a real GitEndpoint on a free port. App "blog" is ours, "other" somebody
// else's; the key is "secret".
class GitServer final : public git::Access {
 public:
  explicit GitServer(git::PushLimits limits = {});
  ~GitServer() override;

  TestDeployer deployer;
  std::string url(const std::string& app = "blog", const std::string& key = "secret") const;
  std::uint16_t port() const { return server_->port(); }
  std::string repository() const { return dir_.str("blog.git"); }
  std::map<std::string, std::string> refs() const;
  // No quarantine and no object: the repository is as before the first push. Waits for the removal.
  bool nothing_stored() const;
  bool no_quarantine() const;
  void stop() { server_->stop(); }  // returns when every session has ended

  Task<Result<git::PushAccess>> authorize(std::string header, AppName app,
                                          git::Service service) override;

 private:
  TempDir dir_;
  asio::thread_pool workers_{2};
  std::unique_ptr<git::GitEndpoint> endpoint_;
  std::unique_ptr<RunningServer> server_;
};

// Polls until the condition holds; false after twenty seconds.
bool eventually(const std::function<bool()>& condition);

}  // namespace davit::test
