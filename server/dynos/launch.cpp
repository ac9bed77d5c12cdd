#include "server/dynos/launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/pipe.hpp"
#include "server/dynos/cgroup_home.hpp"
#include "server/dynos/control_link.hpp"
#include "server/dynos/deadline.hpp"

namespace davit::dynos {
namespace {

constexpr auto launch_timeout = std::chrono::seconds(10);
constexpr std::size_t message_bytes_max = 2000;

// A file in memory: unlike a pipe it takes any spec at once, and the child reads it at its leisure.
Result<UniqueFd> spec_file(const dyno::Spec& spec) {
  std::string text;
  try {
    text = spec.to_json().dump();
  } catch (const nlohmann::json::type_error&) {
    return fail(Errc::invalid_argument, "dyno '{}': a name, argument or variable is not UTF-8",
                spec.name);
  }
  UniqueFd fd(::memfd_create("davit-spec", MFD_CLOEXEC));
  if (!fd) return fail_errno(errno, "make a file in memory");
  DAVIT_TRY(write_all(fd.get(), text));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

struct Started {
  Process process;
  UniqueFd output;
  UniqueFd errors;
};

Result<Started> spawn(const LauncherConfig& config, dyno::Level level, const dyno::Spec& spec) {
  auto input = spec_file(spec);
  if (!input) return std::move(input).error();
  auto output = make_pipe();
  if (!output) return std::move(output).error();
  auto errors = make_pipe();
  if (!errors) return std::move(errors).error();
  ProcessOptions options;
  options.argv = {config.program, "--socket", config.socket_dir + "/" + socket_name(spec.id),
                  "--level", std::string(dyno::to_string(level))};
  options.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  options.stdin_fd = input->get();
  options.stdout_fd = output->write.get();
  options.stderr_fd = errors->write.get();
  options.new_session = true;
  auto process = Process::spawn(options);
  if (!process) return std::move(process).error();
  return Started{std::move(*process), std::move(output->read), std::move(errors->read)};
}

// Kills the launcher unless it was kept: on errors, and when the coroutine is destroyed or
// cancelled.
class Guard {
 public:
  Guard(Process process, const LauncherConfig& config, const dyno::Spec& spec)
      : process_(std::move(process)), config_(config), spec_(spec) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    if (process_) discard_launcher(*process_, config_, spec_);
  }
  Process keep() {
    Process process = std::move(*process_);
    process_.reset();
    return process;
  }

 private:
  std::optional<Process> process_;
  const LauncherConfig& config_;
  const dyno::Spec& spec_;
};

Task<std::string> all_of(asio::posix::stream_descriptor& stream, SteadyTime deadline) {
  std::string text;
  while (text.size() < message_bytes_max) {
    auto bytes = co_await read_some(stream, message_bytes_max, deadline);
    if (!bytes || bytes->empty()) break;
    text += *bytes;
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  co_return printable(text, message_bytes_max);
}

}  // namespace

void discard_launcher(Process& process, const LauncherConfig& config, const dyno::Spec& spec) {
  (void)process.signal(SIGKILL);
  (void)process.wait();
  ::unlink((config.socket_dir + "/" + socket_name(spec.id)).c_str());
  ::unlink((config.socket_dir + "/" + door_name(spec.id)).c_str());
  remove_cgroups_of(spec.cgroups, spec.id);
  (void)remove_tree(spec.scratch);
}

Task<Result<Process>> start_launcher(LauncherConfig config, dyno::Level level, dyno::Spec spec) {
  auto started = spawn(config, level, spec);
  if (!started) co_return std::move(started).error();
  Guard guard(std::move(started->process), config, spec);
  const auto executor = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor output(executor, started->output.release());
  asio::posix::stream_descriptor errors(executor, started->errors.release());
  const auto deadline = std::chrono::steady_clock::now() + launch_timeout;
  const auto ready = co_await read_some(output, 16, deadline);
  if (ready && *ready == "ready\n") co_return guard.keep();
  if (!ready && ready.error().code != Errc::timeout) co_return ready.error();
  if (!ready) {
    co_return fail(Errc::timeout, "davit-dyno of '{}' was not ready within {} s", spec.name,
                   launch_timeout.count());
  }
  const std::string message = co_await all_of(errors, deadline);
  co_return fail(Errc::unavailable, "davit-dyno of '{}' did not start: {}", spec.name,
                 message.empty() ? "it said nothing" : message);
}

}  // namespace davit::dynos
