#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/records.hpp"

// One store per noun. All calls: store thread only, blocking, durable when they return. not_found
// and conflict (a name that is taken) come as errors that name the subject.
namespace davit::store {

class Database;

class UserStore {
 public:
  explicit UserStore(Database& database) : db_(database) {}
  Result<> add(const User& user);
  Result<User> find(const UserId& id) const;
  Result<User> find_by_email(const std::string& email) const;
  std::vector<User> list() const;
  Result<> set_password_hash(const UserId& id, const std::string& hash);
  Result<> remove(const UserId& id);  // conflict while the user owns apps

  Result<> add_token(const Token& token);
  Result<Token> find_token(const std::string& hash) const;
  std::vector<Token> list_tokens(const UserId& user) const;
  Result<> remove_token(const TokenId& id);

 private:
  Database& db_;
};

class AppStore {
 public:
  explicit AppStore(Database& database) : db_(database) {}
  // Chooses the uid (from uid_first on, never reused) and writes the app with its release v1
  // "Initial release".
  Result<App> create(App app, const ReleaseId& initial_release);
  Result<App> find(const AppId& id) const;
  Result<App> find(const AppName& name) const;
  std::vector<App> list() const;
  std::vector<App> list_owned(const UserId& owner) const;
  Result<> rename(const AppId& id, const AppName& name, WallTime now);
  Result<> set_maintenance(const AppId& id, bool on, WallTime now);
  Result<> set_paused(const AppId& id, std::optional<WallTime> until);  // nullopt: no more
  Result<> remove(const AppId& id);  // and everything that belongs to it

  static constexpr std::uint32_t uid_first = 20'000;

 private:
  Database& db_;
};

class ReleaseStore {
 public:
  explicit ReleaseStore(Database& database) : db_(database) {}
  // Gives the next version. Does not touch the app's formation. A release that succeeds, here or by
  // set_status, sets the app's released_at and takes the place of a canary.
  Result<Release> append(Release release);
  Result<> set_status(const ReleaseId& id, Status status, WallTime now);
  Result<> set_failed(const ReleaseId& id, const std::string& why, WallTime now);
  Result<Release> find(const ReleaseId& id) const;
  Result<Release> find(const AppId& app, std::uint32_t version) const;
  Result<Release> latest(const AppId& app) const;      // whatever its status
  Result<Release> configured(const AppId& app) const;  // newest whose config vars are the app's
  // Newest that succeeded and is no canary: what should run.
  Result<Release> current(const AppId& app) const;
  std::optional<Release> canary(const AppId& app) const;  // that serves beside it now
  // The same for who wants to end it and may have seen another: that one, where `seen` names it.
  // not_found: none serves, or the app has no such release; conflict: `seen` is no canary now.
  Result<Release> canary_seen(const AppId& app, const std::optional<ReleaseId>& seen) const;
  // The canary is the current release from now on. conflict: it is no canary (any more).
  Result<> promote(const ReleaseId& id, WallTime now);
  // The canary has failed, and its config vars are not the app's. conflict likewise.
  Result<> withdraw(const ReleaseId& id, const std::string& why, WallTime now);
  std::vector<Release> list(const AppId& app,
                            std::size_t count_max) const;  // newest first; config left empty
  std::vector<Release> list_unfinished() const;  // pending, of all apps; config left empty
  // Of Davit's own store, {language, version}: what releases that still have their slug run with.
  std::vector<std::pair<std::string, std::string>> stored_runtimes() const;

 private:
  Database& db_;
};

class SlugStore {
 public:
  explicit SlugStore(Database& database) : db_(database) {}
  Result<> add(const Slug& slug);
  Result<Slug> find(const SlugId& id) const;
  std::vector<Slug> list(const AppId& app) const;
  // Slugs of the app that neither its last `keep` slug-bearing successful releases, nor a pending
  // release or build, nor any dyno uses: may be removed.
  std::vector<SlugId> unused(const AppId& app, std::size_t keep) const;
  Result<> remove(const SlugId& id);  // releases that named it keep their row, without slug

 private:
  Database& db_;
};

class BuildStore {
 public:
  explicit BuildStore(Database& database) : db_(database) {}
  Result<> add(const Build& build);
  Result<> update(const Build& build);  // commit, status, slug, release, failure, updated_at
  Result<Build> find(const BuildId& id) const;
  std::vector<Build> list(const AppId& app, std::size_t count_max) const;  // newest first
  std::vector<Build> list_unfinished() const;                              // pending

 private:
  Database& db_;
};

class FormationStore {
 public:
  explicit FormationStore(Database& database) : db_(database) {}
  std::vector<FormationEntry> list(const AppId& app) const;
  std::vector<FormationEntry> list_autoscaled() const;  // of all apps
  Result<> set(const FormationEntry& entry);

 private:
  Database& db_;
};

class DynoStore {
 public:
  explicit DynoStore(Database& database) : db_(database) {}
  Result<> add(const DynoRecord& dyno);
  std::vector<DynoRecord> list() const;
  std::vector<DynoRecord> list(const AppId& app) const;
  Result<> set_outgoing(const std::vector<DynoId>& ids);  // those that are gone are passed over
  Result<> remove(const DynoId& id);                      // no error when it is gone

 private:
  Database& db_;
};

class SlotStore {
 public:
  explicit SlotStore(Database& database) : db_(database) {}
  std::vector<SlotRecord> list(const AppId& app) const;
  Result<> set(const SlotRecord& slot);
  Result<> remove(const AppId& app, const DynoName& name);  // no error when there is none
  Result<> remove_all(const AppId& app);

 private:
  Database& db_;
};

class SleepStore {
 public:
  explicit SleepStore(Database& database) : db_(database) {}
  std::optional<SleepRecord> find(const AppId& app) const;
  Result<> set(const SleepRecord& sleep);
  Result<> remove(const AppId& app);  // no error when there is none

 private:
  Database& db_;
};

// What an app's owner has switched on, by name.
class FeatureStore {
 public:
  explicit FeatureStore(Database& database) : db_(database) {}
  std::vector<std::string> list(const AppId& app) const;
  Result<> set(const AppId& app, const std::string& name, bool enabled);

 private:
  Database& db_;
};

class CanaryStore {
 public:
  explicit CanaryStore(Database& database) : db_(database) {}
  CanaryRecord find(const AppId& app) const;  // the defaults where nothing was set
  Result<> set(const AppId& app, const CanaryRecord& canary);

 private:
  Database& db_;
};

class RoutingStore {
 public:
  explicit RoutingStore(Database& database) : db_(database) {}
  RoutingRecord find(const AppId& app) const;  // the defaults where nothing was set
  Result<> set(const AppId& app, const RoutingRecord& routing);

 private:
  Database& db_;
};

// The buildpacks that an app's owner has set, in order, as written.
class BuildpackStore {
 public:
  explicit BuildpackStore(Database& database) : db_(database) {}
  std::vector<std::string> list(const AppId& app) const;  // empty: none are set
  Result<> set(const AppId& app, const std::vector<std::string>& sources);

 private:
  Database& db_;
};

class CronStore {
 public:
  explicit CronStore(Database& database) : db_(database) {}
  std::vector<CronSource> sources() const;  // of all apps whose current release has jobs
  std::vector<CronRecord> list() const;     // of all apps
  std::vector<CronRecord> list(const AppId& app) const;
  // A run: app, job, looked_at, started_at, dyno_id and release_version. It takes the last one's
  // place.
  Result<> begin(const CronRecord& run);
  void set_dyno(const DynoId& id, const DynoName& name);
  // nullopt: no run without an end is in that dyno.
  std::optional<CronRecord> end(const DynoId& dyno, WallTime now, int exit_code,
                                const std::string& failure);
  Result<> skip(const AppId& app, const std::string& job, WallTime due, const std::string& why);
  // Forgets what became of the app's other jobs, but for those that run.
  void keep_only(const AppId& app, const std::vector<std::string>& jobs);

 private:
  Database& db_;
};

// All of them over one database.
struct Stores {
  explicit Stores(Database& db)
      : database(db),
        users(db),
        apps(db),
        releases(db),
        slugs(db),
        builds(db),
        formations(db),
        dynos(db),
        slots(db),
        sleeps(db),
        features(db),
        canaries(db),
        routing(db),
        buildpacks(db),
        crons(db) {}
  Database& database;
  UserStore users;
  AppStore apps;
  ReleaseStore releases;
  SlugStore slugs;
  BuildStore builds;
  FormationStore formations;
  DynoStore dynos;
  SlotStore slots;
  SleepStore sleeps;
  FeatureStore features;
  CanaryStore canaries;
  RoutingStore routing;
  BuildpackStore buildpacks;
  CronStore crons;
};

}  // namespace davit::store
