#pragma once
#include <vector>

#include "base/async.hpp"
#include "server/api/services.hpp"
#include "server/inspection/inspector.hpp"
#include "server/network/networks.hpp"

// What single rooms add to `davit doctor`.
namespace davit {

// Tries in dynos of its own what the network must keep from them.
Task<std::vector<api::Check>> check_networks(network::Networks& networks);
// What of dynos and builds was found on the host without an owner.
Task<std::vector<api::Check>> check_leftovers(inspection::Inspector::Report report);

}  // namespace davit
