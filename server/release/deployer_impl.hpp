#pragma once
#include <functional>

#include "server/git/deployer.hpp"
#include "server/release/releases_impl.hpp"

namespace davit::release {

struct DeployConfig {
  bool as_root = false;         // builds run under the app's uid
  std::size_t slugs_kept = 10;  // successful releases that a rollback can reach
  std::function<std::string(const AppName&)> web_url;
  // A dyno size as people write it, as formations hold it; see supervisor::SizeCatalog::find.
  std::function<Result<std::string>(const std::string&)> size_named;
};

// From a pushed commit to a release that runs. io thread only.
class DeployerImpl final : public git::Deployer {
 public:
  // `config` outlives it.
  DeployerImpl(ReleaseServices services, const DeployConfig& config)
      : services_(services), config_(config) {}

  Task<Result<std::unique_ptr<git::DeployTurn>>> take_turn(AppId app,
                                                           OutputSink& progress) override;
  Task<Result<git::Deployed>> deploy(git::DeployRequest request, OutputSink& progress,
                                     std::function<Result<>()> move_ref) override;

 private:
  ReleaseServices services_;
  const DeployConfig& config_;
};

}  // namespace davit::release
