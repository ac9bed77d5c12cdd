#include "server/supervisor/app_pages.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"

namespace davit::supervisor {
namespace {

class AppPagesTest : public testing::Test {
 protected:
  void file(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((slug_ / name).parent_path());
    std::ofstream(slug_ / name) << content;
  }
  ReadPages read(const std::string& value) {
    return read_pages({{"ERROR_PAGE_URL", value}}, slug_.string());
  }
  test::TempDir dir_;
  std::filesystem::path slug_ = dir_.path();
};

TEST_F(AppPagesTest, AUrlIsShownInAFrame) {
  const auto read =
      read_pages({{"MAINTENANCE_PAGE_URL", "https://x.example/a?b=1&c=\"<"}}, "/none");
  EXPECT_TRUE(read.problems.empty());
  EXPECT_TRUE(read.pages.error.empty());
  EXPECT_NE(read.pages.maintenance.find("src=\"https://x.example/a?b=1&amp;c=&quot;&lt;\""),
            std::string::npos);
}

TEST_F(AppPagesTest, APathIsAFileOfTheSlug) {
  file("public/error.html", "<h1>sorry</h1>");
  EXPECT_EQ(read("public/error.html").pages.error, "<h1>sorry</h1>");
  EXPECT_EQ(read("").pages.error, "");
}

TEST_F(AppPagesTest, WhatIsNoneIsLeftOutAndTold) {
  file("large.html", std::string(20'000, 'x'));
  std::filesystem::create_symlink("/etc/passwd", slug_ / "link.html");
  for (const char* value : {"nowhere.html", "large.html", "link.html", "../x", "/etc/passwd",
                            "javascript:alert(1)", "public"}) {
    const auto result = read(value);
    EXPECT_TRUE(result.pages.error.empty()) << value;
    ASSERT_EQ(result.problems.size(), 1u) << value;
    EXPECT_EQ(result.problems[0].find("ERROR_PAGE_URL left out: "), 0u) << result.problems[0];
  }
}

}  // namespace
}  // namespace davit::supervisor
