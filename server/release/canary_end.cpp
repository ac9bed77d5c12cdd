// A canary's end by its owner's word. What the supervisor does by itself is in its app_canary.cpp.
#include "server/release/releases_impl.hpp"

namespace davit::release {

// Needs no turn: a deploy that runs is none of its business until it succeeds, and then the store
// has only one of both happen.
Task<Result<store::Release>> ReleasesImpl::end_canary(AppId app, UserId user, SeenCanary seen,
                                                      CanaryEnd end) {
  const std::string who = co_await user_name(services_, user);
  auto write = [app, who, seen = std::move(seen), end,
                now = services_.clock.wall()](store::Stores& stores) -> Result<store::Release> {
    const auto canary = stores.releases.canary_seen(app, seen);
    if (!canary) return canary;
    if (end == CanaryEnd::promoted) {
      DAVIT_TRY(stores.releases.promote(canary->id, now));
    } else {
      DAVIT_TRY(stores.releases.withdraw(canary->id, "as a canary it was taken back by user " + who,
                                         now));
    }
    return stores.releases.find(canary->id);
  };
  auto written = co_await services_.store.run(std::move(write));
  if (!written) co_return std::move(written).error();
  services_.supervisor.changed(app);
  std::string text = fmt::format("Release v{} {} by user {}", written->version,
                                 end == CanaryEnd::promoted ? "promoted" : "taken back", who);
  co_await log_action(services_, app, std::move(text));
  co_return std::move(written);
}

Task<Result<store::Release>> ReleasesImpl::promote_canary(AppId app, UserId user, SeenCanary seen) {
  co_return co_await end_canary(std::move(app), std::move(user), std::move(seen),
                                CanaryEnd::promoted);
}

Task<Result<store::Release>> ReleasesImpl::abort_canary(AppId app, UserId user, SeenCanary seen) {
  co_return co_await end_canary(std::move(app), std::move(user), std::move(seen),
                                CanaryEnd::aborted);
}

}  // namespace davit::release
