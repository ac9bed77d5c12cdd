#pragma once
#include "server/supervisor/health_config.hpp"
#include "store/stores.hpp"

namespace davit::supervisor {

// A release together with what its slug says about it.
struct Runnable {
  store::Release release;  // id empty before the first deploy
  HealthChecks health;
};
// Store thread. Health checks that do not parse (any more) are left out and logged.
Runnable make_runnable(store::Stores& stores, store::Release release);

}  // namespace davit::supervisor
