#include "server/supervisor/scratch.hpp"

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/run_blocking.hpp"

namespace davit::supervisor {

Task<> remove_scratch(asio::thread_pool& workers, dynos::Launcher& launcher, DynoId id,
                      std::string path) {
  auto remove = [path = std::move(path), name = id.str(), &launcher] {
    launcher.sweep(name);
    return remove_tree(path);
  };
  const auto removed = co_await run_blocking(workers, std::move(remove));
  if (!removed) {
    log::warning("scratch not removed", {{"dyno", id.str()}, {"error", removed.error().message}});
  }
}

}  // namespace davit::supervisor
