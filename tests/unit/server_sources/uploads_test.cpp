#include "server/sources/uploads.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::sources {
namespace {

class UploadsTest : public ::testing::Test {
 protected:
  ~UploadsTest() override { workers_.join(); }
  Result<> send(const std::string& secret, const std::string& body) {
    Result<> received = fail(Errc::internal, "not received");
    bool sent = false;
    const Uploads::Read read = [&]() -> Task<Result<std::string>> {
      std::string bytes = std::exchange(sent, true) ? "" : body;
      co_return bytes;
    };
    auto task = [&]() -> Task<> { received = co_await uploads_.receive(secret, read); };
    asio::co_spawn(io_, task(), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
    io_.restart();
    io_.run();
    return received;
  }
  void settle() {
    workers_.join();  // what is removed in the background
  }
  std::size_t files() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(dir_.path() / "uploads"), {}));
  }

  asio::io_context io_;
  asio::thread_pool workers_{2};
  test::TempDir dir_;
  test::FakeClock clock_;
  test::SeededRandom random_{7};
  UserId ann_ = UserId::make(random_), bob_ = UserId::make(random_);
  Uploads uploads_{dir_.str("uploads"), workers_, clock_, random_, {100, 150, 120, 20, 500, 0}};
};

// A review's finding: a build that took its file took it out of the totals, while it lay on the
// disk for as long as the build.
TEST_F(UploadsTest, WhatABuildHasTakenCountsUntilItIsGone) {
  const auto secrets = uploads_.give(ann_).value();
  ASSERT_TRUE(send(secrets.put, std::string(90, 'x')));
  auto taken = uploads_.take(secrets.get).value();
  EXPECT_FALSE(uploads_.take(secrets.get));
  EXPECT_EQ(uploads_.total_bytes(), 90u);
  const auto more = uploads_.give(ann_).value();
  EXPECT_EQ(send(more.put, std::string(40, 'x')).error().code, Errc::limit_exceeded)
      << "more than one user may have";
  EXPECT_TRUE(send(more.put, std::string(30, 'x'))) << "the URL is good for another try";
  const auto others = uploads_.give(bob_).value();
  EXPECT_EQ(send(others.put, std::string(60, 'x')).error().code, Errc::unavailable)
      << "more than all may have";
  EXPECT_EQ(uploads_.total_bytes() >= 120u, true);
  taken.file.reset();
  settle();
  EXPECT_EQ(uploads_.total_bytes(), 30u);
  EXPECT_EQ(files(), 1u);
}

TEST_F(UploadsTest, ADownloadHasTheSameLimitsPieceByPiece) {
  auto tarball = uploads_.make(ann_);
  EXPECT_TRUE(tarball->grow(60));
  EXPECT_EQ(tarball->grow(41).error().code, Errc::too_large);
  auto second = uploads_.make(ann_);
  EXPECT_TRUE(second->grow(60));
  EXPECT_EQ(second->grow(1).error().code, Errc::limit_exceeded);
  EXPECT_EQ(uploads_.make(bob_)->grow(31).error().code, Errc::unavailable);
  tarball.reset();
  second.reset();
  settle();
  EXPECT_EQ(uploads_.total_bytes(), 0u);
}

TEST_F(UploadsTest, AnUploadThatIsCutOffLeavesItsUrlAndNoFile) {
  const auto secrets = uploads_.give(ann_).value();
  const Uploads::Read cut = []() -> Task<Result<std::string>> {
    throw std::runtime_error("the connection broke");
    co_return std::string();
  };
  auto task = [&]() -> Task<> { (void)co_await uploads_.receive(secrets.put, cut); };
  bool failed = false;
  asio::co_spawn(io_, task(), [&](std::exception_ptr failure) { failed = failure != nullptr; });
  io_.run();
  EXPECT_TRUE(failed);
  EXPECT_TRUE(send(secrets.put, "again"));
  settle();
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace davit::sources
