#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "router/protocol/table.hpp"
#include "router/target.hpp"

namespace davit::router {

struct App {
  std::string name;
  AppState state = AppState::serving;
  bool maintenance = false;
  std::chrono::milliseconds quiet_after{0};  // 0: nobody wants to know
  bool https_redirect = false;
  std::int64_t hsts_seconds = 0;
  std::vector<TargetPtr> dynos;
};

// A route table made ready for look-ups: immutable, swapped as a whole. Targets that were in the
// table before keep their identity (same id and address).
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

  void add_app(const AppRoute& route, const Routes* previous, std::vector<std::string>& problems);

  std::uint64_t version_ = 0;
  TargetPtr control_;
  std::vector<App> apps_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> hosts_;  // index in apps_
  std::unordered_map<std::string, TargetPtr> dynos_;
};

}  // namespace davit::router
