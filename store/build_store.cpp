#include "store/columns.hpp"
#include "store/database.hpp"
#include "store/require.hpp"
#include "store/stores.hpp"

namespace davit::store {
namespace {

Build read_build(Statement& row) {
  return Build{.id = row.get<BuildId>(),
               .app = row.get<AppId>(),
               .user = row.get<UserId>(),
               .commit = row.get<CommitId>(),
               .ref = row.get<std::string>(),
               .status = row.get<Status>(),
               .slug = row.get<std::optional<SlugId>>(),
               .release = row.get<std::optional<ReleaseId>>(),
               .failure = row.get<std::string>(),
               .created_at = row.get<WallTime>(),
               .updated_at = row.get<WallTime>(),
               .started_at = row.get<std::optional<WallTime>>(),
               .report = row.get<std::string>(),
               .source = get_text_map(row)};
}

Error build_not_found(const BuildId& id) {
  return fail(Errc::not_found, "build '{}' not found; `davit builds` lists them", id.str());
}

Result<> require_parts(Database& database, const Build& build) {
  DAVIT_TRY(require_app(database, build.app));
  if (build.slug) DAVIT_TRY(require_slug(database, *build.slug, build.app));
  if (build.release) DAVIT_TRY(require_release(database, *build.release, build.app));
  return {};
}

}  // namespace

Result<> BuildStore::add(const Build& build) {
  Transaction transaction(db_);
  DAVIT_TRY(require_parts(db_, build));
  {
    Statement taken(db_, "SELECT 1 FROM builds WHERE id = ?");
    if (taken.bind(build.id).next()) {
      return fail(Errc::conflict, "build '{}' exists already; make a new id", build.id.str());
    }
  }
  const auto source = encode_map(build.source);
  if (!source) return source.error();
  Statement add(db_,
                "INSERT INTO builds (id, app_id, user_id, commit_id, ref, status, slug_id,"
                " release_id, failure, created_at, updated_at, started_at, report, source)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  add.bind(build.id, build.app, build.user, build.commit, build.ref, build.status, build.slug,
           build.release, build.failure, build.created_at, build.updated_at, build.started_at,
           build.report, build.source.empty() ? std::string() : *source)
      .run();
  transaction.commit();
  return {};
}

Result<> BuildStore::update(const Build& build) {
  Transaction transaction(db_);
  {
    Statement known(db_, "SELECT 1 FROM builds WHERE id = ? AND app_id = ?");
    if (!known.bind(build.id, build.app).next()) return build_not_found(build.id);
  }
  DAVIT_TRY(require_parts(db_, build));
  Statement set(db_,
                "UPDATE builds SET commit_id = ?, status = ?, slug_id = ?, release_id = ?,"
                " failure = ?, updated_at = ?, started_at = ?, report = ? WHERE id = ?");
  set.bind(build.commit, build.status, build.slug, build.release, build.failure, build.updated_at,
           build.started_at, build.report, build.id)
      .run();
  transaction.commit();
  return {};
}

Result<Build> BuildStore::find(const BuildId& id) const {
  Statement row(db_,
                "SELECT id, app_id, user_id, commit_id, ref, status, slug_id, release_id, failure,"
                " created_at, updated_at, started_at, report, source FROM builds WHERE id = ?");
  if (!row.bind(id).next()) return build_not_found(id);
  return read_build(row);
}

std::vector<Build> BuildStore::list(const AppId& app, std::size_t count_max) const {
  Statement row(db_,
                "SELECT id, app_id, user_id, commit_id, ref, status, slug_id, release_id, failure,"
                " created_at, updated_at, started_at, report, source FROM builds WHERE app_id = ?"
                " ORDER BY number DESC LIMIT ?");
  row.bind(app, row_limit(count_max));
  std::vector<Build> builds;
  while (row.next()) builds.push_back(read_build(row));
  return builds;
}

std::vector<Build> BuildStore::list_unfinished() const {
  Statement row(db_,
                "SELECT id, app_id, user_id, commit_id, ref, status, slug_id, release_id, failure,"
                " created_at, updated_at, started_at, report, source FROM builds"
                " WHERE status = 'pending' ORDER BY number");
  std::vector<Build> builds;
  while (row.next()) builds.push_back(read_build(row));
  return builds;
}

}  // namespace davit::store
