#include <signal.h>
#include <sys/stat.h>

#include <cstdio>

#include "base/log.hpp"
#include "base/process.hpp"
#include "server/daemon/daemon.hpp"
#include "server/daemon/stop_all.hpp"

namespace {

int failed(const davit::Error& error, int code) {
  std::fprintf(stderr, "davitd: %s\n", error.message.c_str());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  davit::log::set_program("davitd");
  ::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error code, not our end
  ::umask(022);
  auto options = davit::parse_options(argc, argv, davit::current_environment());
  if (!options) return failed(options.error(), 2);
  using Action = davit::Options::Action;
  if (options->action == Action::exit) return 0;
  if (options->action == Action::stop_all) {
    const auto stopped = davit::stop_all(*options);
    return stopped ? 0 : failed(stopped.error(), 1);
  }
  auto daemon = davit::Daemon::open(std::move(*options));
  if (!daemon) return failed(daemon.error(), 1);
  const auto ran = (*daemon)->run();
  return ran ? 0 : failed(ran.error(), 1);
}
