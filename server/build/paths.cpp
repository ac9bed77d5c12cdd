#include "server/build/paths.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/ensure.hpp"
#include "base/files.hpp"

namespace davit::build {
namespace {

Result<> make_folder(const std::string& path, mode_t mode, std::optional<std::uint32_t> uid) {
  if (::mkdir(path.c_str(), mode) != 0 || ::chmod(path.c_str(), mode) != 0) {
    return fail_errno(errno, fmt::format("mkdir '{}'", path));
  }
  if (uid && ::lchown(path.c_str(), *uid, *uid) != 0) {
    return fail_errno(errno, fmt::format("chown '{}'", path));
  }
  return {};
}

}  // namespace

BuildPaths::BuildPaths(const std::string& work_dir, const BuildId& id, dyno::Level level)
    : root(work_dir + "/" + id.str()), level_(level) {
  const std::string hash = id.str().substr(0, 8);
  tmp = root + "/tmp";
  app = root + "/app";
  build_dir = tmp + "/build_" + hash;
  cache_parent = tmp + "/codon/tmp";
  cache_dir = cache_parent + "/cache";
  env_dir = tmp + "/env_" + hash;
  packs_dir = tmp + "/buildpacks";
}

std::string BuildPaths::scratch(std::size_t step) const {
  return fmt::format("{}/scratch-{}", root, step);
}

std::string BuildPaths::inside(const std::string& host) const {
  if (host_paths()) return host;
  if (host == app) return "/app";
  ensure(host == tmp || host.starts_with(tmp + "/"), "a build's path is below its tmp");
  return "/tmp" + host.substr(tmp.size());
}

std::vector<dyno::Mount> BuildPaths::mounts() const {
  // At level C nothing is mounted; the same list tells what of the host the build may touch.
  return {{tmp, inside(tmp), dyno::MountMode::read_write},
          {app, inside(app), dyno::MountMode::read_write}};
}

Result<> make_build_folders(const BuildPaths& paths, std::optional<std::uint32_t> uid) {
  // Without mounts the app's user walks through it to its folders.
  DAVIT_TRY(make_directories(paths.root, paths.host_paths() ? 0711 : 0700));
  DAVIT_TRY(make_folder(paths.tmp, 01777, uid));
  DAVIT_TRY(make_folder(paths.app, 0755, uid));
  DAVIT_TRY(make_folder(paths.tmp + "/codon", 0755, uid));
  DAVIT_TRY(make_folder(paths.cache_parent, 0755, uid));
  return make_folder(paths.packs_dir, 0755, uid);
}

}  // namespace davit::build
