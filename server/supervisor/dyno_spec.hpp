#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "dyno/protocol/messages.hpp"
#include "dyno/protocol/spec.hpp"
#include "server/supervisor/health_config.hpp"
#include "server/supervisor/sizes.hpp"
#include "store/records.hpp"

namespace davit::supervisor {

// What a dyno of the formation, or one that runs once, is made from.
struct DynoRecipe {
  store::DynoRecord record;
  store::App app;
  store::Release release;  // has a slug
  DynoSize size;
  HealthChecks health;
  std::string slug_path;      // absolute
  std::string runtimes_path;  // absolute; where the store's runtimes are
  std::string scratch_path;   // absolute; the dyno's alone
  bool as_root = false;       // davitd can give it the app's own uid
  dyno::Network network;
  std::chrono::milliseconds stop_grace = davit::limits::stop_grace;
  // Ends with us: a one-off that somebody reads along with, or holds the other end of.
  bool run_once = false;
  std::optional<run_stream::Interaction> interaction;
  std::map<std::string, std::string> env;   // of a one-off, on top of the release's config
  std::chrono::milliseconds time_limit{0};  // 0: none
};

// The environment, limits, mounts and command of the runtime contract: config vars and platform
// variables, /app a writable layer over the slug, .profile.d then .profile then the command, all by
// bash.
dyno::Spec make_spec(const DynoRecipe& recipe);

// Another command inside a dyno: started as its own command is, with the same environment and `env`
// on top.
dyno::Exec make_exec(const std::string& command, const std::map<std::string, std::string>& env,
                     run_stream::Interaction interaction);

// A TCP port of this host that nobody listens on now, below the range the kernel hands out by
// itself. unavailable when 100 tries found none.
Result<std::uint16_t> free_port(Random& random);

}  // namespace davit::supervisor
