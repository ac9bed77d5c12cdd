#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/output_sink.hpp"

namespace davit::git {

// Held while one app is being deployed; the next waits.
class DeployTurn {
 public:
  virtual ~DeployTurn() = default;
};

struct DeployRequest {
  AppId app;
  UserId user;
  CommitId commit;
  std::string ref;         // "refs/heads/main"
  std::string repository;  // absolute path; the commit's objects are in it or in `quarantine`
  std::string
      quarantine;  // absolute path of an objects directory to add as an alternate; empty: none
  // A deploy without git: `commit` is the beginning of the tarball's SHA-256, and there is no ref.
  std::string archive{};                       // absolute path of the tarball
  std::map<std::string, std::string> about{};  // store::Build::source
  std::vector<std::string> buildpacks{};       // for this build alone
};

struct Deployed {
  std::uint32_t release_version = 0;
  std::string web_url;
};

// What the git endpoint needs of the rest of davitd. Implemented by server/release. io thread only.
class Deployer {
 public:
  virtual ~Deployer() = default;
  // Waits for the app's turn; tells `progress` when it has to wait. Cancellable.
  virtual Task<Result<std::unique_ptr<DeployTurn>>> take_turn(AppId app, OutputSink& progress) = 0;
  // Builds, runs the release phase, then calls move_ref once, right where the release becomes
  // durable (on the store thread, while this coroutine waits: it may block for milliseconds), and
  // starts the new dynos. An error of any step means: nothing changed, the ref must not move.
  // Everything a pusher should see was written to progress, also the reason of a failure.
  // Cancellable until move_ref is called: leaves nothing behind.
  virtual Task<Result<Deployed>> deploy(DeployRequest request, OutputSink& progress,
                                        std::function<Result<>()> move_ref) = 0;
};

}  // namespace davit::git
