#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "router/gate.hpp"
#include "router/protocol/table_change.hpp"
#include "router/sharded_map.hpp"

namespace davit::router {

struct App {
  AppRoute settings;  // without its dynos: those are targets
  DynoSet dynos;
  GatePtr gate;  // never null; the same as long as the app is known
  bool affinity() const { return !settings.affinity_key.empty(); }
  WallTime paused_until() const {
    return WallTime(std::chrono::milliseconds(settings.paused_until_ms));
  }
  AppRoute route() const;  // as it came
};
using AppPtr = std::shared_ptr<const App>;

// A route table made ready for look-ups: immutable, swapped as a whole, and sharing with the table
// before what has not changed. Targets that were in the table before keep their identity (same id
// and address), and apps their gates. Any thread.
class Routes {
 public:
  struct Left {
    TargetPtr target;
    bool replaced = false;  // another one of its id takes its place
  };
  // How it differs from the table before.
  struct Compiled {
    std::shared_ptr<const Routes> routes;
    std::vector<std::string> problems;  // what was left out, one sentence each
    std::vector<AppPtr> changed;        // new or different
    std::vector<AppPtr> gone;           // of the table before; not those that are different
    std::vector<Left> left;             // dynos that are not in it any more
  };
  // Do not change what `previous` refers to.
  static Compiled compile(RouteTable table, const Routes& previous);
  // Errors: conflict (the change begins with another version).
  static Result<Compiled> compile(TableChange change, const Routes& previous);

  struct Match {
    const App* app = nullptr;
    const TargetPtr* control = nullptr;  // the control plane's host
    explicit operator bool() const { return app != nullptr || control != nullptr; }
  };
  Match find(std::string_view host) const;  // lower case, without port

  std::uint64_t version() const { return version_; }
  std::size_t size() const { return apps_.size(); }
  template <class Visit>  // (const App&)
  void for_each_app(Visit visit) const {
    apps_.for_each([&visit](const AppPtr& app) { visit(*app); });
  }
  bool any_affinity() const { return affinity_count_ > 0; }
  RouteTable table() const;
  // The same as JSON, without the memory that a tree of it takes.
  std::string text() const;

 private:
  class Builder;

  std::uint64_t version_ = 0;
  std::shared_ptr<const std::vector<std::string>> control_hosts_ =
      std::make_shared<const std::vector<std::string>>();
  std::string control_address_;
  TargetPtr control_;
  // By AppId; by name where an older davitd sent none. Ids are never used again, so nobody waits
  // at another app's gate.
  ShardedMap<AppPtr> apps_;
  ShardedMap<const App*> hosts_;  // nullptr: the control plane's
  std::size_t affinity_count_ = 0;
};

}  // namespace davit::router
