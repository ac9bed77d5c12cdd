#include "store/migrations.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.hpp"

namespace davit::store {
namespace {

constexpr Migration two_steps[] = {
    {1, "0001_first",
     "CREATE TABLE notes (text TEXT NOT NULL) STRICT;"
     "PRAGMA application_id = 1145132628; PRAGMA user_version = 1;"},
    {2, "0002_second",
     "ALTER TABLE notes ADD COLUMN mark INTEGER NOT NULL DEFAULT 7; PRAGMA user_version = 2;"}};
constexpr Migration with_a_broken_step[] = {
    two_steps[0], {2, "0002_broken", "DELETE FROM notes; INSERT INTO nothing VALUES (1);"}};
constexpr Migration with_a_broken_key[] = {
    two_steps[0],
    {2, "0002_key",
     "CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT;"
     "CREATE TABLE children (parent INTEGER REFERENCES parents (id)) STRICT;"
     "INSERT INTO children VALUES (5); PRAGMA user_version = 2;"}};

class Migrations : public testing::Test {
 protected:
  void make_old_database() {
    Connection connection(path_);
    ASSERT_TRUE(migrate(connection, std::span(two_steps).first(1)));
    connection.execute("INSERT INTO notes VALUES ('kept')");
  }
  test::TempDir dir_;
  std::string path_ = dir_.str("davit.db");
};

TEST_F(Migrations, ReleasedOnesAreNumberedFromOneWithoutGaps) {
  int expected = 1;
  for (const Migration& migration : released_migrations()) {
    EXPECT_EQ(migration.number, expected++) << migration.name;
  }
  EXPECT_GE(expected, 2);
}

// A server that was set up with the first schema goes on with what it had.
TEST_F(Migrations, TheSecondSchemaGivesOldRowsTheirDefaults) {
  Connection connection(path_);
  ASSERT_TRUE(migrate(connection, released_migrations().first(1)));
  connection.execute(
      "INSERT INTO users VALUES (1, '00000000-0000-4000-8000-000000000001', 'a@b.c', 'x', 1, 0);"
      "INSERT INTO apps VALUES (1, '00000000-0000-4000-8000-000000000002', 'blog',"
      " '00000000-0000-4000-8000-000000000001', 20000, 0, 0, 0, NULL);"
      "INSERT INTO releases VALUES (1, '00000000-0000-4000-8000-000000000003',"
      " '00000000-0000-4000-8000-000000000002', 1, 'Initial release', 'u', NULL, '{}', x'00',"
      " 'succeeded', 0, 0);"
      "INSERT INTO formation VALUES ('00000000-0000-4000-8000-000000000002', 'web', 1,"
      " 'standard')");
  ASSERT_TRUE(migrate(connection, released_migrations().first(2)));
  EXPECT_EQ(connection.number("SELECT count(*) FROM formation WHERE max_surge = ''"), 1);
  EXPECT_EQ(connection.number("SELECT carries_config FROM releases WHERE failure = ''"), 1);
  connection.execute("UPDATE releases SET failure = 'why', status = 'failed'");
}

TEST_F(Migrations, ANewDatabaseGetsAllAndNoSnapshot) {
  Connection connection(path_);
  ASSERT_TRUE(migrate(connection, two_steps));
  EXPECT_EQ(connection.number("PRAGMA user_version"), 2);
  EXPECT_EQ(connection.number("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(connection.number("PRAGMA synchronous"), 2);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".before-0001"));
}

TEST_F(Migrations, AnOldDatabaseIsCopiedFirstAndKeepsItsRows) {
  make_old_database();
  {
    Connection connection(path_);
    ASSERT_TRUE(migrate(connection, two_steps));
    EXPECT_EQ(connection.number("SELECT mark FROM notes WHERE text = 'kept'"), 7);
  }
  EXPECT_EQ(test::mode_of(path_ + ".before-0002"), 0600u);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".before-0002.tmp"));

  // The copy is a database that the older version opens as it was.
  Connection copy(path_ + ".before-0002");
  ASSERT_TRUE(migrate(copy, std::span(two_steps).first(1)));
  EXPECT_EQ(copy.number("PRAGMA user_version"), 1);
  EXPECT_EQ(copy.number("SELECT count(*) FROM notes WHERE text = 'kept'"), 1);
}

TEST_F(Migrations, AnUpToDateDatabaseIsNotCopied) {
  make_old_database();
  Connection connection(path_);
  ASSERT_TRUE(migrate(connection, std::span(two_steps).first(1)));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".before-0002"));
}

TEST_F(Migrations, AStepThatFailsChangesNothing) {
  make_old_database();
  Connection connection(path_);
  EXPECT_THROW((void)migrate(connection, with_a_broken_step), DatabaseError);
  EXPECT_EQ(connection.number("PRAGMA user_version"), 1);
  EXPECT_EQ(connection.number("SELECT count(*) FROM notes"), 1);
  EXPECT_THROW((void)migrate(connection, with_a_broken_key), DatabaseError);
  EXPECT_EQ(connection.number("PRAGMA user_version"), 1);
  ASSERT_TRUE(migrate(connection, two_steps));  // a repaired program carries on, over the old copy
}

TEST_F(Migrations, ADatabaseOfANewerDavitIsRefused) {
  {
    Connection connection(path_);
    ASSERT_TRUE(migrate(connection, two_steps));
  }
  Connection connection(path_);
  const auto refused = migrate(connection, std::span(two_steps).first(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_NE(refused.error().message.find("newer"), std::string::npos);
  EXPECT_NE(refused.error().message.find("before-0002"), std::string::npos);
}

TEST_F(Migrations, ADatabaseOfAnotherProgramIsRefusedAndUnchanged) {
  Connection connection(path_);
  connection.execute("CREATE TABLE theirs (x INTEGER)");
  const auto refused = migrate(connection, two_steps);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_EQ(connection.number("SELECT count(*) FROM sqlite_schema"), 1);
}

}  // namespace
}  // namespace davit::store
