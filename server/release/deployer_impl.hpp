#pragma once
#include <functional>

#include "server/git/deployer.hpp"
#include "server/release/releases_impl.hpp"

namespace davit::release {

struct DeployConfig {
  bool as_root = false;         // builds run under the app's uid
  std::size_t slugs_kept = 10;  // successful releases that a rollback can reach
  std::function<std::string(const AppName&)> web_url;
};

// From a pushed commit to a release that runs. io thread only.
class DeployerImpl final : public git::Deployer {
 public:
  DeployerImpl(ReleaseServices services, DeployConfig config)
      : services_(services), config_(std::move(config)) {}

  Task<Result<std::unique_ptr<git::DeployTurn>>> take_turn(AppId app,
                                                           OutputSink& progress) override;
  Task<Result<git::Deployed>> deploy(git::DeployRequest request, OutputSink& progress,
                                     std::function<Result<>()> move_ref) override;

 private:
  ReleaseServices services_;
  DeployConfig config_;
};

}  // namespace davit::release
