#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"

// The nouns that davitd keeps. Plain values; times are wall-clock.
namespace davit::store {

using ConfigVars = std::map<std::string, std::string>;
using ProcessTypes = std::map<std::string, std::string>;  // type -> command

struct User {
  UserId id;
  std::string email;
  std::string password_hash;  // libsodium's crypto_pwhash string (argon2id)
  bool admin = false;
  WallTime created_at;
};

// An API key or a login's token. Only its hash is kept.
struct Token {
  TokenId id;
  UserId user;
  std::string description;
  std::string hash;  // hex of BLAKE2b-256 of the token
  std::optional<WallTime> expires_at;
  WallTime created_at;
};

struct App {
  AppId id;
  AppName name;
  UserId owner;
  std::uint32_t uid = 0;  // user id of its processes where davitd is root; unique, never reused
  bool maintenance = false;
  std::optional<WallTime> paused_until{};  // its requests are held until then
  WallTime created_at;
  WallTime updated_at;
  std::optional<WallTime> released_at;
};

struct Slug {
  SlugId id;
  AppId app;
  CommitId commit;
  std::string buildpack;
  std::uint64_t bytes = 0;
  ProcessTypes processes;
  WallTime created_at;
  std::string health_checks{};  // JSON as server/supervisor/health_config reads it; empty: none
  std::string cron{};           // JSON as server/app_json writes it; empty: none
};

// What a release was built with and runs with, beside its slug.
struct ReleaseRuntime {
  std::string language;    // "node"
  std::string version;     // "22.11.0"
  std::string origin;      // "store" or "distribution"
  std::string executable;  // as its dynos see it
  std::string identity;    // of the distribution's file; see server/runtimes
  friend bool operator==(const ReleaseRuntime&, const ReleaseRuntime&) = default;
};

enum class Status { pending, succeeded, failed };
std::string_view to_string(Status status);

// Append-only: slug + config + process types under a number. `config` is encrypted on disk and
// plain here.
struct Release {
  ReleaseId id;
  AppId app;
  std::uint32_t version = 0;
  std::string description;  // "Deploy 1a2b3c4d", "Set A, B config vars", "Rollback to v3"
  UserId user;
  std::optional<SlugId> slug;  // none before the first deploy
  ProcessTypes processes;
  ConfigVars config;
  Status status = Status::pending;
  WallTime created_at;
  WallTime updated_at;
  std::string failure{};       // one sentence; empty unless failed
  bool carries_config = true;  // false: a rollback; its config counts only once it has succeeded
  // Gets a share of the requests beside the current release, which it is not; see CanaryRecord.
  bool canary = false;
  std::vector<ReleaseRuntime> runtimes{};
};

// How an app's releases begin, and the share of one that serves as a canary now.
struct CanaryRecord {
  bool enabled = false;               // the next releases begin as a canary
  std::uint32_t percent = 10;         // of the requests: 1 to 99
  std::int64_t promote_after_ms = 0;  // counted from its success; 0: only its owner promotes it
  friend bool operator==(const CanaryRecord&, const CanaryRecord&) = default;
};

struct Build {
  BuildId id;
  AppId app;
  UserId user;
  CommitId commit;
  std::string ref;  // "refs/heads/main"
  Status status = Status::pending;
  std::optional<SlugId> slug;
  std::optional<ReleaseId> release;
  std::string failure;  // one sentence; empty unless failed
  WallTime created_at;
  WallTime updated_at;
  std::optional<WallTime> started_at{};  // left the queue; nullopt: waits, or never did
  std::string report{};                  // what the packs' bin/report printed, pack by pack
  // Of a build without git: url, version, version_description, checksum, buildpacks (one a line).
  std::map<std::string, std::string> source{};
};

// Between min and max dynos, so that 95 of 100 requests stay below the target
// (server/supervisor/autoscaler.hpp).
struct AutoscaleEntry {
  std::uint32_t min = 0;
  std::uint32_t max = 0;             // 0: off
  std::string measure = "response";  // or "queue"
  std::int64_t target_ms = 0;
  friend bool operator==(const AutoscaleEntry&, const AutoscaleEntry&) = default;
};

struct FormationEntry {
  AppId app;
  ProcessType type;
  std::uint32_t quantity = 0;
  std::string size = "standard";
  std::string max_surge{};          // "2", "25%"; empty: the type's default
  std::string max_unavailable{};    // the same
  std::int64_t sleep_after_ms = 0;  // 0: never
  AutoscaleEntry autoscale{};
};

// One davit-dyno that davitd started and has not released yet: what a new davitd adopts.
struct DynoRecord {
  DynoId id;
  AppId app;
  DynoName name;
  ReleaseId release;
  std::optional<std::uint16_t> port;
  std::string command;
  WallTime created_at;
  std::string size = "standard";
  bool outgoing = false;  // a restart was asked for: it goes once its successor may take over
  bool one_off = false;   // runs its command once: not of the formation
};

// A slot of the formation (web.1) that crashed or was stopped.
struct SlotRecord {
  AppId app;
  DynoName name;
  ReleaseId release;  // under which it happened
  bool stopped = false;
  std::uint32_t crashes = 0;  // in a row
  std::optional<WallTime> retry_at;
  WallTime since;
  std::string reason;
};

// How an app's requests are shared among its web dynos (router/balancer.hpp).
struct RoutingRecord {
  std::uint32_t concurrency = 0;  // requests at one time on each dyno; 0: the router's default
  std::string policy = "least";   // or "round-robin", "random"
  bool affinity = false;          // a browser stays with its dyno
  std::string affinity_key{};     // made when affinity is switched on first
  bool https_redirect = false;    // plain requests are sent to HTTPS, where that is served
  std::int64_t hsts_seconds = 0;  // browsers are told to come by HTTPS for so long; 0: they are not
  friend bool operator==(const RoutingRecord&, const RoutingRecord&) = default;
};

// An app whose web dynos sleep.
struct SleepRecord {
  AppId app;
  ReleaseId release;
  WallTime since;
  bool stopped = false;  // else frozen
};

// What the current release of an app says of cron.
struct CronSource {
  AppId app;
  WallTime since;    // it is the current release
  std::string jobs;  // Slug::cron
};

// What became of a cron job.
struct CronRecord {
  AppId app;
  std::string job;     // app_json::CronJob::id
  WallTime looked_at;  // its times up to here were dealt with
  std::optional<WallTime> skipped_at{};
  std::string skip_reason{};
  // The last run; without an end it runs, in this dyno.
  std::optional<WallTime> started_at{};
  std::optional<WallTime> ended_at{};
  std::optional<DynoId> dyno_id{};
  std::string dyno{};  // "cron.4711"; empty until it has its name
  std::uint32_t release_version = 0;
  int exit_code = 0;
  std::string failure{};  // one sentence; empty: it did not fail
};

}  // namespace davit::store
