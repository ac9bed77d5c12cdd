#pragma once
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string>

#include "server/git/access.hpp"
#include "server/git/deployer.hpp"
#include "server/git/limits.hpp"
#include "server/git/push_plan.hpp"
#include "server/git/quarantine.hpp"
#include "server/git/request_body.hpp"
#include "server/git/side_band.hpp"

namespace davit::git {

// One POST git-receive-pack, after authorisation: commands, pack into quarantine, connectivity,
// deploy, refs, report. io thread; the blocking parts run on `workers`. Everything referred to
// outlives run(). Cancellation and a client that goes away end it with nothing changed, up to the
// moment the deployer moves the refs.
class Push {
 public:
  struct Services {
    asio::thread_pool& workers;
    Deployer& deployer;
    const PushLimits& limits;
  };
  Push(Services services, http::Exchange& exchange, PushAccess access);

  Task<> run();
  void stop() { stop_->store(true); }  // ends blocking work soon

 private:
  Task<Result<>> read_request();
  Task<Result<>> receive_pack();
  Task<Result<>> store_pack(std::string bytes);
  Task<Result<>> verify();
  Task<Result<>> plan_commands();
  Task<Result<>> follow_moved_branch();

  Task<> answer(Result<> received);
  Task<> carry_out(SideBand& band);
  Task<> deploy_watched(SideBand& band);
  Task<> deploy(SideBand& band);
  Task<> watch_client();
  Result<> move_refs();
  Task<> forget_quarantine();

  Services services_;
  http::Exchange& exchange_;
  const PushAccess access_;
  std::shared_ptr<std::atomic<bool>> stop_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<RequestBody> body_;
  std::string pack_start_;
  PushRequest request_;
  std::optional<PushPlan> plan_;
  std::unique_ptr<Quarantine> quarantine_;
  std::atomic<bool> refs_moved_ = false;
  std::atomic<bool> client_gone_ = false;
};

}  // namespace davit::git
