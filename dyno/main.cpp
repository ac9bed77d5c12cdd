#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/door.hpp"
#include "base/files.hpp"
#include "dyno/cgroup/probe.hpp"
#include "dyno/control_socket.hpp"
#include "dyno/dyno_run.hpp"
#include "dyno/limits.hpp"
#include "dyno/options.hpp"
#include "dyno/probe.hpp"

// Leaks are looked for by stopping the process with ptrace, which fails for children in namespaces;
// the launcher ends by _exit in every child, and frees nothing there on purpose. What was freed is
// kept by the sanitizer only so long that a flood of output can be told from a leak.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:handle_segv=1:quarantine_size_mb=8";
}

namespace davit::dyno {
namespace {

constexpr int exit_usage = 2;

int complain(const Error& error) {
  std::fprintf(stderr, "davit-dyno: %s\n", error.message.c_str());
  return exit_usage;
}

int print_probe(const Options& options) {
  auto result = probe(options.level);
  const auto cgroups = probe_cgroups();
  result.missing.insert(result.missing.end(), cgroups.missing.begin(), cgroups.missing.end());
  const nlohmann::json out{{"level", to_string(result.level)},
                           {"missing", result.missing},
                           {"cgroups", cgroups.bases.to_json()},
                           {"network", result.network.to_json()}};
  std::puts(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  return 0;
}

Result<Spec> read_spec() {
  std::string text;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t count = ::read(0, buffer, sizeof buffer);
    if (count < 0) return fail_errno(errno, "read the spec from standard input");
    if (count == 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > limits::spec_bytes_max) {
      return fail(Errc::too_large, "the spec is over {} bytes", limits::spec_bytes_max);
    }
  }
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(Errc::corrupt, "the spec on standard input is not JSON");
  return Spec::from_json(json);
}

// Whoever starts us waits for this line or for our end; after it standard input and output are
// nobody's.
Result<> tell_ready() {
  DAVIT_TRY(write_all(1, "ready\n"));
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nothing) return fail_errno(errno, "open '/dev/null'");
  ::dup2(nothing.get(), 0);
  ::dup2(nothing.get(), 1);
  return {};
}

// "<id>.net" beside the control socket "<id>.sock".
std::string door_beside(const std::string& control_socket) {
  constexpr std::string_view suffix = ".sock";
  const bool usual = control_socket.ends_with(suffix);
  const std::size_t stem = control_socket.size() - (usual ? suffix.size() : 0);
  return control_socket.substr(0, stem) + std::string(door::file_suffix);
}

// None for a dyno that no router asks for.
Result<UniqueFd> open_door(const Spec& spec, const std::string& path) {
  if (!spec.network.isolated() || !spec.port) return UniqueFd();
  return listen_on(path, ListenOptions{true, spec.network.door_group});
}

int serve(const Options& options) {
  ::umask(022);
  ::setsid();  // fails where we lead a session already
  const auto spec = read_spec();
  if (!spec) return complain(spec.error());
  const Level level = options.level ? *options.level : probe().level;
  auto listener = listen_on(options.socket);
  if (!listener) return complain(listener.error());
  const std::string door_path = door_beside(options.socket);
  auto door = open_door(*spec, door_path);
  auto told = door ? tell_ready() : Result<>(door.error());
  if (!told) {
    ::unlink(options.socket.c_str());
    ::unlink(door_path.c_str());
    return complain(told.error());
  }
  DynoRun run(*spec, level, std::move(*listener), std::move(*door));
  run.run();
  // Whoever sees the connection or the socket gone may rely on the folder being gone too.
  if (auto removed = remove_tree(spec->scratch); !removed) complain(removed.error());
  ::unlink(door_path.c_str());
  ::unlink(options.socket.c_str());
  return 0;
}

}  // namespace
}  // namespace davit::dyno

int main(int argc, char** argv) {
  const auto options = davit::dyno::parse_options(argc, argv);
  if (!options) return davit::dyno::complain(options.error());
  return options->probe ? davit::dyno::print_probe(*options) : davit::dyno::serve(*options);
}
