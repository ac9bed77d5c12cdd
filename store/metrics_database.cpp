#include "store/metrics_database.hpp"

#include <fcntl.h>
#include <sqlite3.h>

#include <filesystem>

#include "base/files.hpp"
#include "base/log.hpp"
#include "store/connection.hpp"
#include "store/migrations.hpp"

namespace davit::store {
namespace {

// One use of a statement; SQL is constant, values are bound.
class Query {
 public:
  Query(Connection& connection, std::string_view sql)
      : connection_(connection), sql_(sql), handle_(connection.borrow(sql)) {}
  ~Query() { connection_.put_back(sql_, std::move(handle_)); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& number(std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), ++parameter_, value);
    return *this;
  }
  Query& text(const std::string& value) {
    sqlite3_bind_text64(handle_.get(), ++parameter_, value.data(), value.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
    return *this;
  }
  Query& blob(const std::string& value) {
    sqlite3_bind_blob64(handle_.get(), ++parameter_, value.data(), value.size(), SQLITE_TRANSIENT);
    return *this;
  }
  bool next() {
    const int rc = sqlite3_step(handle_.get());
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) connection_.raise(sql_);
    return rc == SQLITE_ROW;
  }
  std::int64_t number_at(int column) { return sqlite3_column_int64(handle_.get(), column); }
  std::string bytes_at(int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    const int size = sqlite3_column_bytes(handle_.get(), column);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
  }

 private:
  Connection& connection_;
  std::string_view sql_;
  StatementHandle handle_;
  int parameter_ = 0;
};

// Rolled back unless committed.
class Batch {
 public:
  explicit Batch(Connection& connection) : connection_(connection) {
    connection_.execute("BEGIN IMMEDIATE");
  }
  ~Batch() {
    if (done_ || !connection_.in_transaction()) return;
    try {
      connection_.execute("ROLLBACK");
    } catch (const DatabaseError& error) {
      log::warning("metrics: rollback failed", {{"error", error.what()}});
    }
  }
  void commit() {
    connection_.execute("COMMIT");
    done_ = true;
  }

 private:
  Connection& connection_;
  bool done_ = false;
};

std::vector<MetricRow> rows_of(Query& query) {
  std::vector<MetricRow> rows;
  while (query.next()) {
    auto app = AppId::parse(query.bytes_at(0));
    if (app) rows.push_back({std::move(*app), query.number_at(1), query.bytes_at(2)});
  }
  return rows;
}

Result<std::unique_ptr<Connection>> try_open(const std::string& path) {
  {
    // SQLite would make it readable by all.
    auto made = open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (!made) return std::move(made).error();
  }
  try {
    auto connection = std::make_unique<Connection>(path);
    DAVIT_TRY(migrate(*connection, metrics_migrations()));
    {
      Query check(*connection, "PRAGMA quick_check(1)");
      if (!check.next() || check.bytes_at(0) != "ok") {
        return fail(Errc::corrupt, "'{}' is damaged: {}", path, check.bytes_at(0));
      }
    }
    // No sync at a commit: a process that dies loses nothing, a power cut some minutes of numbers.
    connection->execute("PRAGMA synchronous = NORMAL");
    return connection;
  } catch (const DatabaseError& error) {
    return fail(Errc::corrupt, "{}", error.what());
  }
}

Result<> set_aside(const std::string& path) {
  std::error_code ec;
  for (const char* beside : {"-wal", "-shm"}) std::filesystem::remove(path + beside, ec);
  std::filesystem::rename(path, path + ".broken", ec);
  if (ec) return fail(Errc::io, "set '{}' aside: {}", path, ec.message());
  return {};
}

}  // namespace

MetricsDatabase::MetricsDatabase(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
MetricsDatabase::~MetricsDatabase() = default;

Result<std::unique_ptr<MetricsDatabase>> MetricsDatabase::open(const std::string& path) {
  auto connection = try_open(path);
  if (!connection && connection.error().code != Errc::io) {
    log::warning("metrics begin anew; the old file is set aside",
                 {{"file", path + ".broken"}, {"error", connection.error().message}});
    DAVIT_TRY(set_aside(path));
    connection = try_open(path);
  }
  if (!connection) return std::move(connection).error();
  return std::unique_ptr<MetricsDatabase>(new MetricsDatabase(std::move(*connection)));
}

std::int64_t MetricsDatabase::number_of(const AppId& app) {
  Query known(*connection_, "SELECT number FROM apps WHERE id = ?");
  if (known.text(app.str()).next()) return known.number_at(0);
  Query add(*connection_, "INSERT INTO apps (id) VALUES (?) RETURNING number");
  if (!add.text(app.str()).next()) connection_->raise("add an app");
  const std::int64_t number = add.number_at(0);
  add.next();
  return number;
}

void MetricsDatabase::write(Resolution resolution, const std::vector<MetricRow>& rows) {
  if (rows.empty()) return;
  Batch batch(*connection_);
  for (const MetricRow& row : rows) {
    Query put(*connection_, resolution == Resolution::fine
                                ? "INSERT OR REPLACE INTO fine (at, app, data) VALUES (?, ?, ?)"
                                : "INSERT OR REPLACE INTO coarse (at, app, data) VALUES (?, ?, ?)");
    put.number(row.at).number(number_of(row.app)).blob(row.data).next();
  }
  batch.commit();
}

std::vector<MetricRow> MetricsDatabase::read(Resolution resolution, const AppId& app,
                                             std::int64_t from, std::int64_t to,
                                             std::size_t rows_max) {
  Query find(*connection_,
             resolution == Resolution::fine
                 ? "SELECT apps.id, at, data FROM fine JOIN apps ON apps.number = app"
                   " WHERE apps.id = ? AND at >= ? AND at < ? ORDER BY at LIMIT ?"
                 : "SELECT apps.id, at, data FROM coarse JOIN apps ON apps.number = app"
                   " WHERE apps.id = ? AND at >= ? AND at < ? ORDER BY at LIMIT ?");
  find.text(app.str()).number(from).number(to).number(static_cast<std::int64_t>(rows_max));
  return rows_of(find);
}

std::vector<MetricRow> MetricsDatabase::read_all(Resolution resolution, std::int64_t from,
                                                 std::int64_t to, std::size_t rows_max) {
  Query find(*connection_,
             resolution == Resolution::fine
                 ? "SELECT apps.id, at, data FROM fine JOIN apps ON apps.number = app"
                   " WHERE at >= ? AND at < ? ORDER BY at LIMIT ?"
                 : "SELECT apps.id, at, data FROM coarse JOIN apps ON apps.number = app"
                   " WHERE at >= ? AND at < ? ORDER BY at LIMIT ?");
  find.number(from).number(to).number(static_cast<std::int64_t>(rows_max));
  return rows_of(find);
}

std::int64_t MetricsDatabase::newest(Resolution resolution) {
  return connection_->number(resolution == Resolution::fine
                                 ? "SELECT coalesce(max(at), 0) FROM fine"
                                 : "SELECT coalesce(max(at), 0) FROM coarse");
}

std::int64_t MetricsDatabase::oldest(Resolution resolution) {
  return connection_->number(resolution == Resolution::fine
                                 ? "SELECT coalesce(min(at), 0) FROM fine"
                                 : "SELECT coalesce(min(at), 0) FROM coarse");
}

std::size_t MetricsDatabase::prune(Resolution resolution, std::int64_t before,
                                   std::size_t rows_max) {
  Query remove(*connection_,
               resolution == Resolution::fine
                   ? "DELETE FROM fine WHERE (at, app) IN"
                     " (SELECT at, app FROM fine WHERE at < ? ORDER BY at LIMIT ?)"
                   : "DELETE FROM coarse WHERE (at, app) IN"
                     " (SELECT at, app FROM coarse WHERE at < ? ORDER BY at LIMIT ?)");
  remove.number(before).number(static_cast<std::int64_t>(rows_max)).next();
  return static_cast<std::size_t>(sqlite3_changes64(connection_->handle()));
}

std::uint64_t MetricsDatabase::bytes() {
  const auto pages =
      connection_->number("PRAGMA page_count") - connection_->number("PRAGMA freelist_count");
  return static_cast<std::uint64_t>(pages * connection_->number("PRAGMA page_size"));
}

}  // namespace davit::store
