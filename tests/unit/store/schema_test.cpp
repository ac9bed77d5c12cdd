// What the schema itself guards, and what reading makes of rows that no store wrote.
#include <functional>

#include "base/files.hpp"
#include "store/database_impl.hpp"
#include "store_fixture.hpp"

namespace davit::store {
namespace {

class SchemaTest : public StoreTest {
 protected:
  void execute(const char* sql) { database_->impl().connection.execute(sql); }
  std::int64_t number(const char* sql) { return database_->impl().connection.number(sql); }
  std::string error_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const DatabaseError& error) {
      return error.what();
    }
    return "nothing was thrown";
  }
};

TEST_F(SchemaTest, EveryTableIsStrict) {
  EXPECT_EQ(number("SELECT count(*) FROM pragma_table_list"
                   " WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'"),
            0);
  EXPECT_THROW(execute("UPDATE apps SET uid = 'many'"), DatabaseError);
}

TEST_F(SchemaTest, EveryForeignKeyHasAnIndex) {
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f"
                   " WHERE t.type = 'table' AND NOT EXISTS (SELECT 1 FROM"
                   "   pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c"
                   "   WHERE c.seqno = 0 AND c.name = f.\"from\")"),
            0);
}

TEST_F(SchemaTest, NothingOfAReleaseChangesButStatusAndALostSlug) {
  auto release = new_release(add_slug());
  release.processes = {{"web", "node server.js"}};
  ASSERT_TRUE(stores_->releases.append(release));
  for (const char* change :
       {"version = 9", "description = 'other'", "config = x'00'", "processes = '{}'",
        "user_id = 'other'", "created_at = 1", "id = '00000000-0000-4000-8000-000000000000'"}) {
    const std::string sql = std::string("UPDATE releases SET ") + change + " WHERE version = 2";
    EXPECT_NE(error_of([&] { execute(sql.c_str()); }).find("append-only"), std::string::npos)
        << change;
  }
  EXPECT_NE(error_of([&] {
              execute("UPDATE releases SET slug_id = (SELECT id FROM slugs) WHERE version = 1");
            }).find("append-only"),
            std::string::npos);
  EXPECT_NE(error_of([&] { execute("DELETE FROM releases"); }).find("append-only"),
            std::string::npos);
  execute("UPDATE releases SET slug_id = NULL, status = 'failed', updated_at = 5");
}

TEST_F(SchemaTest, AForeignKeyIsTheLastGuard) {
  EXPECT_NE(error_of([&] {
              execute(
                  "INSERT INTO formation (app_id, type, quantity, size)"
                  " VALUES ('no-such-app', 'web', 1, 'standard')");
            }).find("FOREIGN KEY"),
            std::string::npos);
}

TEST_F(SchemaTest, AnIdThatDoesNotParseIsReportedWithTableAndColumn) {
  execute("UPDATE apps SET name = '../../etc'");
  const auto error = error_of([&] { (void)stores_->apps.find(app_); });
  EXPECT_NE(error.find("table 'apps', column 'name'"), std::string::npos) << error;
  EXPECT_NE(error.find(dir_.str("davit.db")), std::string::npos) << error;
}

TEST_F(SchemaTest, ANumberOutOfRangeIsReportedWithTableAndColumn) {
  execute("UPDATE apps SET uid = 4294967296");
  const auto error = error_of([&] { (void)stores_->apps.list(); });
  EXPECT_NE(error.find("table 'apps', column 'uid'"), std::string::npos) << error;
}

TEST_F(SchemaTest, JsonThatIsNoMapOfStringsIsReported) {
  add_slug();
  for (const char* broken :
       {"UPDATE slugs SET processes = '{'", "UPDATE slugs SET processes = '[]'",
        "UPDATE slugs SET processes = '{\"web\": 1}'"}) {
    execute(broken);
    const auto error = error_of([&] { (void)stores_->slugs.list(app_); });
    EXPECT_NE(error.find("table 'slugs', column 'processes'"), std::string::npos) << error;
  }
}

TEST_F(SchemaTest, ASealedConfigThatWasAlteredOrExchangedIsReported) {
  auto release = new_release();
  release.config = {{"KEY", "value"}};
  ASSERT_TRUE(stores_->releases.append(release));
  execute("DROP TRIGGER releases_are_append_only");

  // Sealed by the same key, but for v1: an attacker who writes to the file may not move values
  // about.
  execute(
      "UPDATE releases SET config = (SELECT config FROM releases WHERE version = 1)"
      " WHERE version = 2");
  auto error = error_of([&] { (void)stores_->releases.latest(app_); });
  EXPECT_NE(error.find("table 'releases', column 'config'"), std::string::npos) << error;
  EXPECT_NE(error.find("another release"), std::string::npos) << error;

  execute("UPDATE releases SET config = zeroblob(80) WHERE version = 2");
  error = error_of([&] { (void)stores_->releases.latest(app_); });
  EXPECT_NE(error.find("altered"), std::string::npos) << error;
  EXPECT_EQ(stores_->releases.list(app_, 10).size(), 2u);  // a list opens no config
}

TEST_F(SchemaTest, NoConfigValueIsReadableInTheFiles) {
  auto release = new_release();
  release.config = {{"DATABASE_URL", "postgres://needle-in-the-haystack"}};
  ASSERT_TRUE(stores_->releases.append(release));
  const auto expect_hidden = [&] {
    std::size_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
      if (!entry.is_regular_file()) continue;
      const auto content = read_file(entry.path(), 100'000'000);
      ASSERT_TRUE(content);
      EXPECT_EQ(content->find("needle-in-the"), std::string::npos) << entry.path();
      EXPECT_EQ(content->find("DATABASE_URL"), std::string::npos) << entry.path();
      bytes += content->size();
    }
    EXPECT_GT(bytes, 4096u);
  };
  EXPECT_GT(std::filesystem::file_size(dir_.str("davit.db-wal")), 0u);
  expect_hidden();
  close();
  expect_hidden();
}

}  // namespace
}  // namespace davit::store
