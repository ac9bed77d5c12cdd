#pragma once
#include <vector>

#include "base/async.hpp"
#include "server/api/services.hpp"
#include "server/network/networks.hpp"

namespace davit {

// For `davit doctor`: tries in dynos of its own what the network must keep from them.
Task<std::vector<api::Check>> check_networks(network::Networks& networks);

}  // namespace davit
