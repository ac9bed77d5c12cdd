#pragma once
#include "base/result.hpp"
#include "server/daemon/options.hpp"

namespace davit {

// `davitd --stop-all`: ends the router and every dyno of a data folder whose davitd is gone.
// Blocking. What ran is still in the database: the next davitd starts it again.
Result<> stop_all(const Options& options);

}  // namespace davit
