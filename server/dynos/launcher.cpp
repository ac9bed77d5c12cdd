#include <dirent.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <optional>

#include "base/child_reaper.hpp"
#include "base/files.hpp"
#include "server/dynos/cgroup_home.hpp"
#include "server/dynos/control_link.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/dynos/launch.hpp"
#include "server/dynos/probe.hpp"

namespace davit::dynos {
namespace {

class DynoLauncher final : public Launcher {
 public:
  DynoLauncher(asio::any_io_executor executor, LauncherConfig config, HostLevel host)
      : config_(std::move(config)), host_(std::move(host)), reaper_(std::move(executor)) {}

  Task<Result<std::unique_ptr<DynoProcess>>> launch(dyno::Spec spec) override {
    auto hold = held_.hold(spec.id);
    auto config = config_;  // named copies: see base/run_blocking.hpp
    spec.cgroups = host_.cgroups;
    if (!config_.stack.empty()) spec.stack = config_.stack;
    auto copy = spec;
    auto process = co_await start_launcher(std::move(config), host_.level, std::move(copy));
    if (!process) co_return std::move(process).error();
    Keeper keeper{*this, spec, std::move(*process)};
    auto folder = config_.socket_dir;
    auto id = spec.id;
    auto connected = co_await connect_to_dyno(std::move(folder), std::move(id), std::move(hold));
    if (connected) keeper.connected = true;
    co_return connected;
  }

  Task<Result<std::unique_ptr<DynoProcess>>> adopt(std::string id) override {
    auto hold = held_.hold(id);
    return connect_to_dyno(config_.socket_dir, std::move(id), std::move(hold));
  }

  Task<Result<std::unique_ptr<SessionLink>>> attach(std::string id) override {
    auto hold = held_.hold(id);
    return connect_session(config_.socket_dir, std::move(id), dyno::Attach{}, std::move(hold));
  }

  Task<Result<std::unique_ptr<SessionLink>>> exec(std::string id, dyno::Exec what) override {
    auto hold = held_.hold(id);
    return connect_session(config_.socket_dir, std::move(id), std::move(what), std::move(hold));
  }

  std::vector<std::string> leftovers() const override {
    auto ids = dynos_with_cgroups(host_.cgroups);
    const auto alive = list();
    std::erase_if(ids, [&](const std::string& id) {
      return std::find(alive.begin(), alive.end(), id) != alive.end();
    });
    return ids;
  }

  void sweep(const std::string& id) const override { remove_cgroups_of(host_.cgroups, id); }

  std::vector<std::string> list() const override {
    std::vector<std::string> ids;
    DIR* dir = ::opendir(config_.socket_dir.c_str());
    if (dir == nullptr) return ids;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string_view name = entry->d_name;
      constexpr std::string_view suffix = ".sock";
      if (name.size() > suffix.size() && name.ends_with(suffix)) {
        ids.emplace_back(name.substr(0, name.size() - suffix.size()));
      }
    }
    ::closedir(dir);
    return ids;
  }

  HeldDynos& held() override { return held_; }
  dyno::Level level() const override { return host_.level; }
  const std::vector<std::string>& missing() const override { return host_.missing; }
  const dyno::Cgroups& cgroups() const override { return host_.cgroups; }
  const dyno::NetworkAbilities& network() const override { return host_.network; }

 private:
  // Between start and connection: hands the launcher to the reaper, or ends it when there is no
  // connection (also when this coroutine is cancelled or destroyed).
  struct Keeper {
    DynoLauncher& launcher;
    const dyno::Spec& spec;
    Process process;
    bool connected = false;
    ~Keeper() {
      if (connected) {
        launcher.reaper_.watch(std::move(process));
      } else {
        discard_launcher(process, launcher.config_, spec);
      }
    }
  };

  LauncherConfig config_;
  HostLevel host_;
  HeldDynos held_;
  ChildReaper reaper_;
};

}  // namespace

Result<std::unique_ptr<Launcher>> make_launcher(asio::any_io_executor executor,
                                                LauncherConfig config) {
  DAVIT_TRY(make_directories(config.socket_dir, 0700));
  auto host = probe_host(config.program, config.level);
  if (!host) return std::move(host).error();
  host->cgroups = cgroups_of_daemon(host->cgroups, config.socket_dir);
  auto launcher =
      std::make_unique<DynoLauncher>(std::move(executor), std::move(config), std::move(*host));
  return std::unique_ptr<Launcher>(std::move(launcher));
}

}  // namespace davit::dynos
