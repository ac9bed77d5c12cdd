#pragma once
#include <functional>

#include "server/git/deployer.hpp"
#include "server/release/build_output_files.hpp"
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
  DeployerImpl(ReleaseServices services, BuildOutputFiles& outputs, DeployConfig config)
      : services_(services), outputs_(outputs), config_(std::move(config)) {}

  Task<Result<std::unique_ptr<git::DeployTurn>>> take_turn(AppId app,
                                                           OutputSink& progress) override;
  Task<Result<git::Deployed>> deploy(git::DeployRequest request, OutputSink& progress,
                                     std::function<Result<>()> move_ref) override;

 private:
  Task<Result<store::Build>> begin_build(git::DeployRequest request);
  Task<Result<build::Slug>> build(git::DeployRequest request, store::Build row, OutputSink& output);
  struct Committed {
    store::Release release;
    AppName name;  // as it is now: an app may be renamed while it is built
  };
  Task<Result<Committed>> commit(store::Build row, build::Slug slug,
                                 std::function<Result<>()> move_ref);
  Task<> fail_build(store::Build row, std::string why);
  Task<> show_boot(Committed committed, OutputSink& progress);
  Task<> collect_slugs(AppId app);

  ReleaseServices services_;
  BuildOutputFiles& outputs_;
  DeployConfig config_;
};

}  // namespace davit::release
