#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/task_group.hpp"
#include "server/release/deployer_impl.hpp"
#include "server/sources/sources.hpp"
#include "server/sources/uploads.hpp"

namespace davit::release {

// A build of a tarball, without git.
struct SourceBuild {
  AppId app;
  UserId user;
  std::string url;                             // of the tarball; may hold a password
  std::string secret{};                        // of an upload of ours, instead of fetching the URL
  std::string checksum{};                      // "SHA256:…" or bare hex; empty: none was given
  std::map<std::string, std::string> about{};  // store::Build::source
  std::vector<std::string> buildpacks{};
};

class SourceBuilding {
 public:
  virtual ~SourceBuilding() = default;
  // The build row, pending: the rest goes on in the background, behind other deploys of the app.
  // Errors: not_found and conflict (of an upload), invalid_argument.
  virtual Task<Result<store::Build>> start(SourceBuild build) = 0;
};

// From a tarball to a release that runs, like a push. io thread only; references outlive it.
class SourceBuilds final : public SourceBuilding {
 public:
  SourceBuilds(ReleaseServices services, const DeployConfig& config, sources::Sources& sources,
               sources::Uploads& uploads)
      : services_(services),
        config_(config),
        sources_(sources),
        uploads_(uploads),
        background_(services.executor) {}
  Task<> stop();  // before destruction

  Task<Result<store::Build>> start(SourceBuild build) override;

 private:
  struct Work;
  Task<> carry_out(std::shared_ptr<Work> work);
  Task<Result<>> deploy(Work& work);
  Task<Result<>> prepare(Work& work);
  Task<Result<>> download(Work& work);
  Task<Result<>> check(Work& work);

  ReleaseServices services_;
  const DeployConfig& config_;
  sources::Sources& sources_;
  sources::Uploads& uploads_;
  TaskGroup background_;
};

}  // namespace davit::release
