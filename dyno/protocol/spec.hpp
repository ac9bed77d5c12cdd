#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "base/run_stream.hpp"
#include "dyno/protocol/cgroups.hpp"
#include "dyno/protocol/network.hpp"

// What davitd tells a davit-dyno at its start, as one JSON object on standard input.
namespace davit::dyno {

inline constexpr int protocol_version = 1;

enum class MountMode {
  read_only,
  read_write,
  overlay,  // source below, writes go to a private layer in the dyno's scratch folder and are
            // thrown away
};

struct Mount {
  std::string source;  // absolute, on the host
  std::string target;  // absolute, inside: "/app", "/tmp/build_x"
  MountMode mode = MountMode::read_only;
};

// What davit-dyno does when nobody reads its output and the spool is full.
enum class SpoolPolicy {
  drop_oldest,  // a dyno: the app never waits; what was lost is counted
  block,        // a build: the writer waits, nothing is lost
};

struct Limits {
  // The quota. What is over it is swapped, where the host has swap (R14). At 1.25 times of it, or
  // at twice with what is swapped, the dyno is killed (R15). 0: none.
  std::uint64_t memory_bytes = 0;
  std::uint32_t processes = 0;  // and threads; 0: none
  std::uint32_t open_files = 4096;
  std::uint64_t tmp_bytes =
      256ull * 1024 * 1024;        // size of a tmpfs /tmp and /dev/shm where they are tmpfs
  std::uint32_t cpu_weight = 100;  // share of a busy CPU and disk against other dynos: 1 to 10,000
  std::uint32_t cpu_max_percent = 0;  // of one CPU, also of an idle one; 0: none
  // Of the writable layer and of what is mounted read_write; 0: none.
  std::uint64_t disk_bytes = 0;
};

struct Spec {
  std::string id;    // DynoId; names the control socket and the scratch folder
  std::string name;  // "web.1", "build.1"; the host name inside
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;  // the whole environment of the command
  std::string cwd = "/app";                // inside
  std::vector<Mount> mounts;               // in this order; a missing target folder is made
  std::string stack;                       // host folder whose system folders are shown; empty: "/"
  std::string scratch;                // host folder owned by this dyno alone; removed at its end
  std::optional<std::uint16_t> port;  // watched: "listening" is told once a process listens on it
  std::optional<std::uint32_t> uid;   // the app's uid and gid; needs root, absent without
  std::chrono::milliseconds stop_grace{30'000};
  std::chrono::milliseconds time_limit{
      0};  // 0: none; after it the tree is stopped, and killed after stop_grace: reason time_limit
  std::uint64_t spool_bytes = 1024 * 1024;
  SpoolPolicy spool_policy = SpoolPolicy::drop_oldest;
  // A build step or one-off: the tree is killed as soon as the last control connection is gone. A
  // formation dyno outlives davitd. Any dyno is killed when no connection came within 10 s of its
  // start: nobody knows of it.
  bool owner_bound = false;
  // The command talks with whoever sends Attach (messages.hpp): nothing of it goes to the spool.
  std::optional<run_stream::Interaction> interaction;
  Limits limits;
  Network network;
  Cgroups cgroups;  // as probed; the dyno's groups are made below them

  static Result<Spec> from_json(const nlohmann::json& json);  // errors name the field
  nlohmann::json to_json() const;
};

// How far the host lets us isolate. Probed by `davit-dyno --probe`, which prints
// {"level":"A","missing":["…"], "cgroups":[…]}. What each level keeps apart, and what it does not:
// docs/security.md.
//   A  root: own mount, pid, ipc, uts namespaces, own uid, all capabilities dropped
//   B  the same within a user namespace
//   C  no namespaces: no_new_privs, Landlock, a system call filter, rlimits. Mount targets do not
//   exist inside; davitd
//      passes host paths instead (see server/dynos/layout.hpp), and says so loudly
enum class Level { a, b, c };
std::string_view to_string(Level level);

}  // namespace davit::dyno
