#include <algorithm>

#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {
namespace {

CronRecord read_cron(Statement& row) {
  return {.app = row.get<AppId>(),
          .job = row.get<std::string>(),
          .looked_at = row.get<WallTime>(),
          .skipped_at = row.get<std::optional<WallTime>>(),
          .skip_reason = row.get<std::string>(),
          .started_at = row.get<std::optional<WallTime>>(),
          .ended_at = row.get<std::optional<WallTime>>(),
          .dyno_id = row.get<std::optional<DynoId>>(),
          .dyno = row.get<std::string>(),
          .release_version = row.get<std::uint32_t>(),
          .exit_code = row.get<int>(),
          .failure = row.get<std::string>()};
}

}  // namespace

std::vector<CronSource> CronStore::sources() const {
  Statement row(db_,
                "SELECT a.id, r.updated_at, s.cron FROM apps AS a"
                " JOIN releases AS r ON r.id = (SELECT id FROM releases WHERE app_id = a.id"
                "   AND status = 'succeeded' AND canary = 0 ORDER BY version DESC LIMIT 1)"
                " JOIN slugs AS s ON s.id = r.slug_id WHERE s.cron <> '' ORDER BY a.id");
  std::vector<CronSource> sources;
  while (row.next()) {
    sources.push_back(
        {.app = row.get<AppId>(), .since = row.get<WallTime>(), .jobs = row.get<std::string>()});
  }
  return sources;
}

std::vector<CronRecord> CronStore::list() const {
  Statement row(db_,
                "SELECT app_id, job, looked_at, skipped_at, skip_reason, started_at, ended_at,"
                " dyno_id, dyno, release_version, exit_code, failure FROM cron_jobs");
  std::vector<CronRecord> records;
  while (row.next()) records.push_back(read_cron(row));
  return records;
}

std::vector<CronRecord> CronStore::list(const AppId& app) const {
  Statement row(db_,
                "SELECT app_id, job, looked_at, skipped_at, skip_reason, started_at, ended_at,"
                " dyno_id, dyno, release_version, exit_code, failure FROM cron_jobs"
                " WHERE app_id = ?");
  row.bind(app);
  std::vector<CronRecord> records;
  while (row.next()) records.push_back(read_cron(row));
  return records;
}

Result<> CronStore::begin(const CronRecord& run) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, run.app));
  Statement set(db_,
                "INSERT INTO cron_jobs (app_id, job, looked_at, started_at, dyno_id,"
                " release_version) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (app_id, job) DO UPDATE SET"
                " looked_at = max(looked_at, excluded.looked_at), started_at = excluded.started_at,"
                " ended_at = NULL, dyno_id = excluded.dyno_id, dyno = '',"
                " release_version = excluded.release_version, exit_code = 0, failure = ''");
  set.bind(run.app, run.job, run.looked_at, run.started_at, run.dyno_id, run.release_version).run();
  transaction.commit();
  return {};
}

void CronStore::set_dyno(const DynoId& id, const DynoName& name) {
  Statement set(db_, "UPDATE cron_jobs SET dyno = ? WHERE dyno_id = ?");
  set.bind(name, id).run();
}

std::optional<CronRecord> CronStore::end(const DynoId& dyno, WallTime now, int exit_code,
                                         const std::string& failure) {
  Transaction transaction(db_);
  Statement set(db_,
                "UPDATE cron_jobs SET ended_at = ?, exit_code = ?, failure = ?"
                " WHERE dyno_id = ? AND ended_at IS NULL");
  set.bind(now, exit_code, failure, dyno).run();
  if (set.changes() == 0) return std::nullopt;
  Statement row(db_,
                "SELECT app_id, job, looked_at, skipped_at, skip_reason, started_at, ended_at,"
                " dyno_id, dyno, release_version, exit_code, failure FROM cron_jobs"
                " WHERE dyno_id = ?");
  if (!row.bind(dyno).next()) return std::nullopt;
  auto record = read_cron(row);
  transaction.commit();
  return record;
}

Result<> CronStore::skip(const AppId& app, const std::string& job, WallTime due,
                         const std::string& why) {
  Transaction transaction(db_);
  DAVIT_TRY(require_app(db_, app));
  Statement set(db_,
                "INSERT INTO cron_jobs (app_id, job, looked_at, skipped_at, skip_reason)"
                " VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT (app_id, job) DO UPDATE SET"
                " looked_at = max(looked_at, excluded.looked_at),"
                " skipped_at = excluded.skipped_at, skip_reason = excluded.skip_reason");
  set.bind(app, job, due, why).run();
  transaction.commit();
  return {};
}

void CronStore::keep_only(const AppId& app, const std::vector<std::string>& jobs) {
  Transaction transaction(db_);
  for (const CronRecord& record : list(app)) {
    const bool ended = !record.started_at || record.ended_at;
    if (!ended || std::ranges::find(jobs, record.job) != jobs.end()) continue;
    Statement remove(db_, "DELETE FROM cron_jobs WHERE app_id = ? AND job = ?");
    remove.bind(app, record.job).run();
  }
  transaction.commit();
}

}  // namespace davit::store
