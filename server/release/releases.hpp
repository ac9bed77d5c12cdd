#pragma once
#include <map>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/ids.hpp"
#include "store/records.hpp"

namespace davit::release {

// What its owner saw when he decided about a canary; nullopt: he did not say.
using SeenCanary = std::optional<ReleaseId>;
// nullopt removes the variable.
using ConfigChange = std::map<std::string, std::optional<std::string>>;

// Everything that changes what an app runs. Each waits for the app's turn (behind a running deploy)
// and writes the release durably. One that must prove itself first (a release command, a start
// check) comes back pending: that goes on in the background, with the turn. The others succeeded;
// new dynos are being started. io thread only.
class Releases {
 public:
  virtual ~Releases() = default;
  // invalid_argument for a bad key or an oversized value; no release when nothing changes (the
  // current one returns). While a canary serves it is the canary that is changed, and remains one.
  virtual Task<Result<store::Release>> change_config(AppId app, UserId user,
                                                     ConfigChange change) = 0;
  // A new release with the slug, process types and config of an earlier one that succeeded and
  // still has its slug. Never a canary; it takes the place of one.
  virtual Task<Result<store::Release>> rollback(AppId app, UserId user,
                                                std::uint32_t to_version) = 0;
  // The app's canary becomes its current release; or it is taken back, and has failed: its dynos
  // are drained. Both at once, also while a deploy runs. not_found: the app has none; conflict: the
  // one that was seen is it no more.
  virtual Task<Result<store::Release>> promote_canary(AppId app, UserId user, SeenCanary seen) = 0;
  virtual Task<Result<store::Release>> abort_canary(AppId app, UserId user, SeenCanary seen) = 0;
  // Stops the dynos, then removes repository, slugs, cache, logs and rows.
  virtual Task<Result<store::App>> destroy_app(AppId app) = 0;
};

}  // namespace davit::release
