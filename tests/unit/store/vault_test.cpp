#include "store/vault.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::store {
namespace {

TEST(Vault, OpensWhatItSealedAlsoAfterOpeningAgain) {
  const test::TempDir dir;
  const std::string plain("a secret\0with a zero byte", 25);
  const auto first = Vault::open(dir.str("secrets/master.key"));
  ASSERT_TRUE(first) << first.error().message;
  const auto sealed = (*first)->seal(plain);
  const auto second = Vault::open(dir.str("secrets/master.key"));
  ASSERT_TRUE(second);
  EXPECT_EQ(*(*second)->unseal(sealed), plain);
  EXPECT_EQ(*(*second)->unseal((*first)->seal("")), "");
}

TEST(Vault, SealsTheSameTextDifferentlyEachTimeAndHidesIt) {
  const test::TempDir dir;
  const auto vault = Vault::open(dir.str("master.key"));
  const auto one = (*vault)->seal("hunter2hunter2");
  EXPECT_NE(one, (*vault)->seal("hunter2hunter2"));
  EXPECT_EQ(one.find("hunter2"), std::string::npos);
}

TEST(Vault, MakesAKeyFileThatOnlyItsOwnerReadsAndLeavesNothingElse) {
  const test::TempDir dir;
  ASSERT_TRUE(Vault::open(dir.str("secrets/master.key")));
  EXPECT_EQ(test::mode_of(dir.str("secrets")), 0700u);
  EXPECT_EQ(test::mode_of(dir.str("secrets/master.key")), 0600u);
  const std::filesystem::directory_iterator files(dir.str("secrets"));
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(Vault, RefusesEveryAlteredByteAndEveryTruncation) {
  const test::TempDir dir;
  const auto vault = Vault::open(dir.str("master.key"));
  const auto sealed = (*vault)->seal("value");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    const auto opened = (*vault)->unseal(altered);
    ASSERT_FALSE(opened) << i;
    EXPECT_EQ(opened.error().code, Errc::corrupt);
    EXPECT_FALSE((*vault)->unseal(sealed.substr(0, i)));
  }
}

TEST(Vault, RefusesWhatAnotherKeySealed) {
  const test::TempDir dir;
  const auto one = Vault::open(dir.str("one.key"));
  const auto two = Vault::open(dir.str("two.key"));
  EXPECT_FALSE((*two)->unseal((*one)->seal("value")));
}

TEST(Vault, RefusesAKeyFileThatOthersMayRead) {
  const test::TempDir dir;
  ASSERT_TRUE(Vault::open(dir.str("master.key")));
  for (const mode_t mode : {0640, 0604, 0660}) {
    ASSERT_EQ(::chmod(dir.str("master.key").c_str(), mode), 0);
    const auto opened = Vault::open(dir.str("master.key"));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::forbidden);
    EXPECT_NE(opened.error().message.find("chmod 600"), std::string::npos);
  }
}

TEST(Vault, RefusesAKeyFileOfAnotherSizeAndDoesNotReplaceIt) {
  const test::TempDir dir;
  for (const std::size_t size : {0, 31, 33}) {
    const std::string path = dir.str("master.key");
    ASSERT_TRUE(write_file_atomic(path, std::string(size, 'k'), 0600));
    const auto opened = Vault::open(path);
    ASSERT_FALSE(opened) << size;
    EXPECT_EQ(opened.error().code, Errc::corrupt);
    EXPECT_EQ(std::filesystem::file_size(path), size);
  }
}

TEST(Vault, DoesNotFollowALinkToAKey) {
  const test::TempDir dir;
  ASSERT_TRUE(Vault::open(dir.str("real.key")));
  std::filesystem::create_symlink(dir.str("real.key"), dir.str("link.key"));
  EXPECT_FALSE(Vault::open(dir.str("link.key")));
}

}  // namespace
}  // namespace davit::store
