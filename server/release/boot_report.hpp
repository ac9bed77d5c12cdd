#pragma once
#include <string>

#include "server/supervisor/supervisor.hpp"
#include "store/stores.hpp"

namespace davit::release {

struct Booted {
  std::string app;
  std::string web_url;
  store::Release release;
  store::CanaryRecord canary;  // matters where the release is one
  supervisor::BootView boot;
};

// What a pusher reads of how the release's dynos fare, and what to do about it. Pure.
std::string boot_report(const Booted& booted);

}  // namespace davit::release
