#include "server/supervisor/dyno_spec.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/limits.hpp"
#include "base/unique_fd.hpp"
#include "server/network/networks.hpp"
#include "server/runtimes/runtime.hpp"

namespace davit::supervisor {
namespace {

// The command is bash's first argument and never part of this text. No set -e or -u: profile
// scripts use return, unset variables and exit on purpose.
constexpr const char* boot_script =
    R"(for davit_profile in "$HOME"/.profile.d/*.sh; do
  [ -r "$davit_profile" ] && . "$davit_profile"
done
unset davit_profile
[ -r "$HOME/.profile" ] && . "$HOME/.profile"
exec /bin/bash -c "$1")";

constexpr const char* dyno_path = "/usr/local/bin:/usr/bin:/bin";

bool can_listen(int family, std::uint16_t port) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return true;  // a host without this family has nobody listening on it
  const int on = 1;
  if (family == AF_INET) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    return ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  return ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

dyno::Spec make_spec(const DynoRecipe& recipe) {
  dyno::Spec spec;
  spec.id = recipe.record.id.str();
  spec.name = recipe.record.name.str();
  spec.argv = {"/bin/bash", "-c", boot_script, "davit", recipe.record.command};
  spec.env = {{"PATH", dyno_path}, {"TERM", "dumb"}};
  // What packs otherwise read from cgroup files of one version only; an app's own config var wins.
  if (recipe.size.memory_bytes > 0) {
    spec.env["MEMORY_AVAILABLE"] = std::to_string(recipe.size.memory_bytes / (1024 * 1024));
  }
  for (const auto& [key, value] : recipe.release.config) spec.env[key] = value;
  for (const auto& [key, value] : recipe.env) spec.env[key] = value;
  // The platform's own come last: a config var cannot take their place.
  spec.env["HOME"] = "/app";
  spec.env["PWD"] = "/app";
  spec.env["DYNO"] = recipe.record.name.str();
  spec.env["PS"] = recipe.record.name.str();
  spec.port = recipe.record.port;
  if (spec.port) spec.env["PORT"] = std::to_string(*spec.port);
  spec.network = recipe.network;
  spec.cwd = "/app";
  spec.mounts = {{recipe.slug_path, "/app", dyno::MountMode::overlay}};
  for (const auto& runtime : recipe.release.runtimes) {
    if (runtime.origin != "store") continue;
    const std::string place = "/" + runtime.language + "/" + runtime.version;
    spec.mounts.push_back({recipe.runtimes_path + place,
                           std::string(runtimes::inside_folder) + place,
                           dyno::MountMode::read_only});
  }
  spec.scratch = recipe.scratch_path;
  if (recipe.as_root) spec.uid = recipe.app.uid;
  spec.limits.memory_bytes = recipe.size.memory_bytes;
  spec.limits.processes = recipe.size.processes;
  spec.limits.cpu_weight = recipe.size.cpu_weight;
  spec.limits.cpu_max_percent = recipe.size.cpu_max_percent;
  spec.limits.disk_bytes = recipe.size.disk_bytes;
  spec.stop_grace = recipe.stop_grace;
  spec.spool_bytes = davit::limits::spool_bytes_max;
  spec.owner_bound = recipe.run_once;
  spec.interaction = recipe.interaction;
  spec.time_limit = recipe.time_limit;
  // Somebody reads along: what they cannot take yet must not be lost.
  if (recipe.run_once) spec.spool_policy = dyno::SpoolPolicy::block;
  return spec;
}

dyno::Exec make_exec(const std::string& command, const std::map<std::string, std::string>& env,
                     run_stream::Interaction interaction) {
  dyno::Exec exec;
  exec.argv = {"/bin/bash", "-c", boot_script, "davit", command};
  exec.env = env;
  for (const char* own : {"HOME", "PWD", "DYNO", "PS", "PORT"}) exec.env.erase(own);
  exec.interaction = interaction;
  return exec;
}

Result<std::uint16_t> free_port(Random& random) {
  constexpr std::uint16_t first = network::first_host_port, last = network::last_host_port;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const auto port = static_cast<std::uint16_t>(first + random.below(last - first));
    if (can_listen(AF_INET, port) && can_listen(AF_INET6, port)) return port;
  }
  return fail(Errc::unavailable, "no free TCP port between {} and {} for a dyno", first, last);
}

}  // namespace davit::supervisor
