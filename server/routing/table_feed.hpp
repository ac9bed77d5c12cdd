#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "router/protocol/messages.hpp"

namespace davit::routing {

// The route table as it should be, and what of it the router has not been sent yet: a whole table
// on a new connection, then the apps that changed. What changes while a message is on its way goes
// with the next one. Pure; io thread only.
class TableFeed {
 public:
  struct Control {
    std::vector<std::string> hosts;
    router::Endpoint endpoint;
  };
  explicit TableFeed(Control control) : control_(std::move(control)) {}

  // false: nothing is different.
  bool set(const AppId& app, router::AppRoute route);
  bool remove(const AppId& app);
  const AppId* find(const std::string& name) const;

  // The router has no table that a change would fit: the next is a whole one.
  void start_over() { whole_ = true; }
  // Versions grow also from one davitd to the next.
  void begin_after(std::uint64_t version) { version_ = std::max(version_, version); }
  bool stale() const { return whole_ || !changed_.empty(); }
  // The router is to be sent this. protocol: the router's.
  router::Command next(int protocol);
  std::uint64_t version() const { return version_; }  // of what was sent last

 private:
  router::Command whole_table();
  router::Command change();

  const Control control_;
  std::map<AppId, router::AppRoute> routes_;
  std::map<std::string, AppId> by_name_;
  std::set<AppId> changed_;  // or removed, since the last message
  std::uint64_t version_ = 0;
  bool whole_ = true;
};

}  // namespace davit::routing
