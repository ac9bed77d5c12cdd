#pragma once
#include "server/release/releases_impl.hpp"

namespace davit::release {

// What a release must do before it may become the current one.
struct Demands {
  bool command = false;  // the Procfile has a `release` type: it must succeed
  bool trial = false;    // app.json has a start check for web dynos that run: new ones must pass it
  bool any() const { return command || trial; }
};
// Pure; `formation` as it will be with this release.
Demands demands_of(const store::Release& release, const store::Slug& slug,
                   const std::vector<store::FormationEntry>& formation);
// Store thread. A release without a slug has nothing to prove.
Demands demands_of(store::Stores& stores, const store::Release& release);

// One pending release's proof. Once run() has succeeded the release's dynos stand ready: the caller
// makes it the current one, tells the supervisor, and only then lets this go. io thread only.
class Proof {
 public:
  Proof(ReleaseServices services, store::App app, store::Release release, Demands demands)
      : services_(services),
        app_(std::move(app)),
        release_(std::move(release)),
        demands_(demands) {}
  ~Proof();
  Proof(const Proof&) = delete;
  Proof& operator=(const Proof&) = delete;

  // Progress and the release command's output go to `reader` (may be null) and to the release's
  // output file. The error is the reason, one sentence. Once. Cancellable: nothing of it is left.
  Task<Result<>> run(OutputSink* reader);

 private:
  Task<Result<>> run_command(OutputSink& output);
  Task<Result<>> run_trial(OutputSink& output);
  Task<> forget_old_output();

  ReleaseServices services_;
  store::App app_;
  store::Release release_;
  Demands demands_;
  bool trying_ = false;
};

}  // namespace davit::release
