#include "server/inspection/suspects.hpp"

#include "server/inspection/limits.hpp"

namespace davit::inspection {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::dyno: return "dyno";
    case Kind::launcher: return "davit-dyno without a socket";
    case Kind::cgroup: return "cgroup";
    case Kind::scratch: return "scratch folder";
    case Kind::build: return "build folder";
    case Kind::mount: return "mount";
  }
  return "unknown";
}

std::vector<Finding> Suspects::judge(const std::vector<Finding>& unknown, SteadyTime now) {
  std::map<Finding, SteadyTime> still;
  std::vector<Finding> leftovers;
  for (const auto& finding : unknown) {
    const auto earlier = since_.find(finding);
    const SteadyTime since = earlier == since_.end() ? now : earlier->second;
    still.emplace(finding, since);
    if (now - since >= limits::confirmed_after) leftovers.push_back(finding);
  }
  since_ = std::move(still);
  return leftovers;
}

}  // namespace davit::inspection
