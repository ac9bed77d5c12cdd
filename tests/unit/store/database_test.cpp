#include "store/database.hpp"

#include <fcntl.h>

#include "base/files.hpp"
#include "store/database_impl.hpp"
#include "store_fixture.hpp"

namespace davit::store {
namespace {

using DatabaseTest = StoreTest;

TEST_F(DatabaseTest, FilesAreForTheirOwnerOnly) {
  for (const char* name : {"davit.db", "davit.db-wal", "davit.db-shm", "davit.db.lock"}) {
    EXPECT_EQ(test::mode_of(dir_.str(name)), 0600u) << name;
  }
  const auto nested = Database::open(dir_.str("data/davit.db"), *vault_);
  ASSERT_TRUE(nested);
  EXPECT_EQ(test::mode_of(dir_.str("data")), 0700u);
}

TEST_F(DatabaseTest, ASecondOwnerIsRefusedUntilTheFirstIsGone) {
  const auto second = Database::open(dir_.str("davit.db"), *vault_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  stores_.reset();
  database_.reset();
  EXPECT_TRUE(Database::open(dir_.str("davit.db"), *vault_));
}

TEST_F(DatabaseTest, AWrongKeyFileIsRefusedAtOnce) {
  close();
  const auto other = Vault::open(dir_.str("other.key"));
  const auto opened = Database::open(dir_.str("davit.db"), **other);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
  EXPECT_NE(opened.error().message.find("key file"), std::string::npos);
  open();  // and nothing was changed by the attempt
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string path = dir_.str("notes.txt");
  const std::string content(5000, 'x');
  ASSERT_TRUE(write_file_atomic(path, content, 0600));
  const auto opened = Database::open(path, *vault_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("notes.txt"), std::string::npos);
  EXPECT_EQ(*read_file(path, 10'000), content);
}

TEST_F(DatabaseTest, AnUncommittedTransactionLeavesNothing) {
  {
    const Transaction transaction(*database_);
    add_app("shop");
    EXPECT_EQ(stores_->apps.list().size(), 2u);
  }
  EXPECT_EQ(stores_->apps.list().size(), 1u);
  reopen();
  EXPECT_EQ(stores_->apps.list().size(), 1u);
}

TEST_F(DatabaseTest, AnExceptionRollsBack) {
  try {
    const Transaction transaction(*database_);
    add_app("shop");
    throw std::runtime_error("on the way");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(stores_->apps.list().size(), 1u);
  }
}

TEST_F(DatabaseTest, AnInnerRollbackKeepsWhatTheOuterDid) {
  {
    Transaction outer(*database_);
    add_app("outer-one");
    {
      const Transaction inner(*database_);
      add_app("inner");
    }
    {
      Transaction inner(*database_);
      add_app("inner-kept");
      inner.commit();
    }
    outer.commit();
  }
  reopen();
  std::vector<std::string> names;
  for (const App& app : stores_->apps.list()) names.push_back(app.name.str());
  EXPECT_EQ(names, (std::vector<std::string>{"blog", "inner-kept", "outer-one"}));
}

TEST_F(DatabaseTest, AnOuterRollbackTakesTheInnerCommitWithIt) {
  {
    const Transaction outer(*database_);
    Transaction inner(*database_);
    add_app("inner");
    inner.commit();
  }
  EXPECT_EQ(stores_->apps.list().size(), 1u);
}

TEST_F(DatabaseTest, ARefusedCallInsideATransactionDoesNotEndIt) {
  Transaction transaction(*database_);
  add_app("shop");
  EXPECT_FALSE(stores_->apps.create(new_app("shop"), ReleaseId::make(random_)));
  add_app("wiki");
  transaction.commit();
  EXPECT_EQ(stores_->apps.list().size(), 3u);
}

// SQLite ends a transaction by itself on a full disk. Seen as a danger: the calls after it would be
// committed one by one, half of what belongs together.
TEST_F(DatabaseTest, AfterSqliteRolledBackTheRestOfTheTransactionIsRefused) {
  {
    Transaction transaction(*database_);
    add_app("shop");
    database_->impl().connection.execute("ROLLBACK");  // what SQLite does then
    EXPECT_THROW((void)stores_->apps.find(app_), DatabaseError);
    EXPECT_THROW(transaction.commit(), DatabaseError);
  }
  EXPECT_EQ(stores_->apps.list().size(), 1u);
  add_app("wiki");
}

TEST_F(DatabaseTest, AFullDatabaseIsAnExceptionAndNothingOfTheCallStays) {
  auto& connection = database_->impl().connection;
  connection.number("PRAGMA max_page_count = 1");  // the least is what is there
  auto release = new_release();
  release.description = std::string(1'000'000, 'x');
  EXPECT_THROW((void)stores_->releases.append(release), DatabaseError);
  connection.number("PRAGMA max_page_count = 1000000");
  EXPECT_EQ(stores_->releases.latest(app_)->version, 1u);
  EXPECT_TRUE(stores_->releases.append(release));
}

TEST_F(DatabaseTest, AnAdministratorsShellMayReadBeside) {
  Connection shell(dir_.str("davit.db"));
  Transaction transaction(*database_);
  add_app("shop");
  EXPECT_EQ(shell.number("SELECT count(*) FROM apps"), 1);
  transaction.commit();
  EXPECT_EQ(shell.number("SELECT count(*) FROM apps"), 2);
}

TEST_F(DatabaseTest, ReopeningKeepsEverything) {
  const auto slug = add_slug();
  auto release = new_release(slug);
  release.config = {{"SECRET", "s3cret"}, {"EMPTY", ""}};
  release.processes = {{"web", "node server.js"}};
  ASSERT_TRUE(stores_->releases.append(release));
  reopen();
  const auto read = stores_->releases.find(release.id);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->config, release.config);
  EXPECT_EQ(read->processes, release.processes);
  EXPECT_EQ(read->slug, slug);
  EXPECT_EQ(read->version, 2u);
  EXPECT_EQ(database_->schema_version(), 1);
}

TEST_F(DatabaseTest, ADescriptorOfTheDatabaseDoesNotReachChildren) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (gone || !target.string().starts_with(dir_.str())) continue;
    const int fd = std::stoi(entry.path().filename());
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << target;
  }
}

}  // namespace
}  // namespace davit::store
