#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "server/runtimes/runtime.hpp"

// What the distribution brings, as a build sees it. Pure.
namespace davit::runtimes {

// argv of a command that says which of these languages it has; run in a build's sandbox, where the
// system is the one that dynos will have. Programs that only look like a runtime (a Node.js without
// npm) are left out by it.
std::vector<std::string> distribution_probe(const std::vector<std::string>& languages);
std::vector<Found> parse_probe(std::string_view output);

// Changes when the file at `path` (below `root`: "" or a dyno stack's folder) is replaced; empty
// when there is none. Blocking.
std::string identity_of(const std::string& root, const std::string& path);

}  // namespace davit::runtimes
