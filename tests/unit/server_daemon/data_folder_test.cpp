#include "server/daemon/data_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit {
namespace {
namespace fs = std::filesystem;

Paths paths_at(const std::string& data) { return {.data = data, .run = data + "/run"}; }

TEST(DataFolder, IsMadeAndHeldByOne) {
  const test::TempDir dir;
  const Paths paths = paths_at(dir.str("data"));
  const auto lock = open_data_folder(paths);
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_EQ(fs::status(paths.data + "/secrets").permissions(), fs::perms(0700));
  EXPECT_EQ(open_data_folder(paths).error().code, Errc::conflict);
}

// A dyno sees these folders of the host: it would read the master key and every app's code.
TEST(DataFolder, IsRefusedWhereDynosWouldSeeIt) {
  for (const char* data :
       {"/opt/davit-none", "/usr/local/davit-none", "/usr", "/etc/davit-none/data",
        "/bin/davit-none", "/lib/davit-none", "/srv/../opt/davit-none"}) {
    const auto lock = open_data_folder(paths_at(data));
    ASSERT_FALSE(lock) << data;
    EXPECT_EQ(lock.error().code, Errc::invalid_argument) << data;
    EXPECT_NE(lock.error().message.find(data), std::string::npos) << lock.error().message;
  }
  EXPECT_FALSE(fs::exists("/opt/davit-none"));
}

TEST(DataFolder, IsJudgedByWhereItReallyIs) {
  const test::TempDir dir;
  fs::create_directory_symlink("/usr", dir.str("link"));
  EXPECT_FALSE(open_data_folder(paths_at(dir.str("link/davit-none"))));
  EXPECT_FALSE(fs::exists("/usr/davit-none"));
  // Only the whole name counts.
  fs::create_directories(dir.str("opt"));
  EXPECT_TRUE(open_data_folder(paths_at(dir.str("opt/data"))));
}

}  // namespace
}  // namespace davit
