#include "server/release/boot_report.hpp"

#include <chrono>

#include "base/duration.hpp"

namespace davit::release {
namespace {

std::string canary_text(const Booted& booted) {
  const auto after = std::chrono::milliseconds(booted.canary.promote_after_ms);
  return fmt::format(
      "       {}% of requests go to v{}{}\n"
      "       `davit releases:promote -a {}` gives it all of them, `davit releases:abort -a {}` "
      "none\n",
      booted.canary.percent, booted.release.version,
      after.count() > 0 ? fmt::format("; all of them {} from its release", format_duration(after))
                        : std::string(),
      booted.app, booted.app);
}

std::string outcome_of(const Booted& booted) {
  using supervisor::Boot;
  const supervisor::BootView& boot = booted.boot;
  if (booted.release.canary && boot.state == Boot::crashed) {
    return fmt::format(
        " !     Canary v{} was taken back: {}. The release before it serves on; see `davit logs -a "
        "{}`\n",
        booted.release.version, boot.reason, booted.app);
  }
  if (booted.release.canary) return canary_text(booted);
  if (boot.state == Boot::crashed) {
    return fmt::format(" !     {}. What ran before goes on where it can; see `davit logs -a {}`\n",
                       boot.reason, booted.app);
  }
  if (boot.state == Boot::pending) {
    return fmt::format(" !     The dynos are not all up yet; `davit ps -a {}` shows them\n",
                       booted.app);
  }
  return {};
}

}  // namespace

std::string boot_report(const Booted& booted) {
  return outcome_of(booted) + fmt::format("       {} deployed\n", booted.web_url);
}

}  // namespace davit::release
