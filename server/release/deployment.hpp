#pragma once
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "server/release/deployer_impl.hpp"
#include "server/release/proof.hpp"

namespace davit::release {

class LaggingReader;

using FirstFormation = std::map<std::string, store::FormationEntry>;  // by process type

// One pushed commit or uploaded tarball on its way to a release: build, proof, commit. io thread
// only. Whatever way it ends, its build row is settled and nothing that did not succeed is left.
class Deployment {
 public:
  Deployment(ReleaseServices services, const DeployConfig& config, git::DeployRequest request,
             std::function<Result<>()> move_ref);

  // See git::Deployer::deploy.
  Task<Result<git::Deployed>> run(OutputSink& progress);

  // Or in parts, for a build that somebody else follows: begin() writes the row, pending; then
  // prepare() and carry_out(), or refuse() when it came to nothing before. `progress` may be null.
  Task<Result<>> begin(OutputSink* progress);
  // What must be done before the build may queue. Ends early, with cancelled, when somebody
  // cancels the build.
  Task<Result<>> prepare(Task<Result<>> preparation);
  const store::Build& row() const { return row_; }
  OutputSink& output() { return *output_; }
  void use_archive(std::string path, CommitId commit);
  Task<Result<git::Deployed>> carry_out();
  Task<> refuse(Error error);

 private:
  struct Written {
    store::Release release;
    store::App app;  // as it is now: an app may be renamed while it is built
    Demands demands;
    store::CanaryRecord canary;  // matters where the release is one
  };

  Task<> carry_out_for(LaggingReader& reader, Result<git::Deployed>& deployed,
                       std::exception_ptr& failure);
  Task<> attempt();
  Task<> wait_for_place();
  Task<Result<build::Slug>> build();
  Task<> tell_failure(std::exception_ptr failure);
  Task<Result<Written>> make_release(build::Slug slug);
  Task<Result<store::Slug>> describe(build::Slug slug);
  Task<Result<Written>> write_release(store::Slug slug);
  Task<Result<>> prove(const Written& written);
  Task<Result<>> commit(store::Release release);
  Task<> give_up(std::string why);
  Task<> tell_success(const Written& written);
  Task<> follow_up();
  Task<> show_boot();
  Task<> run_postdeploy();
  std::string short_version() const;
  std::string why_it_broke(const std::exception_ptr& failure) const;
  Task<> say(std::string text);

  ReleaseServices services_;
  const DeployConfig& config_;
  git::DeployRequest request_;
  std::function<Result<>()> move_ref_;
  OutputSink* progress_ = nullptr;  // a pusher's
  std::unique_ptr<BuildQueue::Place> place_;
  std::unique_ptr<KeptOutput> output_;  // set with the row
  store::Build row_;
  Result<Written> written_ = fail(Errc::cancelled, "the deploy was cancelled");
  bool built_ = false;
  std::string who_;
  std::vector<store::ReleaseRuntime> runtimes_;
  bool first_ = false;  // no deploy of this app has succeeded before
  app_json::AppJson app_json_;
  std::map<std::string, std::string> config_added_;
  FirstFormation formation_;
  std::optional<SlugId> loose_slug_;  // built, and in no row yet
  std::optional<ReleaseId> pending_;  // written, and not proved yet
  std::unique_ptr<Proof> proof_;      // stands until the release is the current one
};

}  // namespace davit::release
