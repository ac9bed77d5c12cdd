#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "router/gate.hpp"
#include "router/protocol/table.hpp"

namespace davit::router {

struct App {
  std::string name;
  AppState state = AppState::serving;
  bool maintenance = false;
  std::chrono::milliseconds quiet_after{0};  // 0: nobody wants to know
  bool https_redirect = false;
  std::int64_t hsts_seconds = 0;
  std::shared_ptr<const DynoSet> dynos;  // never null
  GatePtr gate;                          // never null; the same as long as the app is known
  bool affinity = false;                 // its clients stay with their dynos
  WallTime paused_until{};               // requests are held until then
  bool json_log = false;
  std::string error_page;  // of its own, HTML; empty: ours
  std::string maintenance_page;
};

// A route table made ready for look-ups: immutable, swapped as a whole. Targets that were in the
// table before keep their identity (same id and address), and apps their gates. Any thread.
class Routes {
 public:
  struct Compiled {
    std::shared_ptr<const Routes> routes;
    std::vector<std::string> problems;  // what was left out, one sentence each
  };
  // Any thread; does not change the targets of `previous` (may be null).
  static Compiled compile(const RouteTable& table, const Routes* previous);

  struct Match {
    const App* app = nullptr;
    const TargetPtr* control = nullptr;  // the control plane's host
    explicit operator bool() const { return app != nullptr || control != nullptr; }
  };
  Match find(std::string_view host) const;  // lower case, without port

  std::uint64_t version() const { return version_; }
  const std::vector<App>& apps() const { return apps_; }
  bool any_affinity() const { return any_affinity_; }
  // Every dyno, by id.
  const std::unordered_map<std::string, TargetPtr>& dynos() const { return dynos_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  static constexpr std::size_t is_control = static_cast<std::size_t>(-1);

  using Problems = std::vector<std::string>;
  void add_app(const AppRoute& route, const Routes* previous, Problems& problems);
  std::shared_ptr<const DynoSet> add_dynos(const AppRoute& route, const Routes* previous,
                                           const GatePtr& gate, Problems& problems);
  GatePtr gate_of(const AppRoute& route, const Routes* previous);

  std::uint64_t version_ = 0;
  TargetPtr control_;
  std::vector<App> apps_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> hosts_;  // index in apps_
  std::unordered_map<std::string, TargetPtr> dynos_;
  // By AppId; by name where an older davitd sent none. Ids are never used again, so nobody waits
  // at another app's gate.
  std::unordered_map<std::string, GatePtr> gates_;
  bool any_affinity_ = false;
};

}  // namespace davit::router
