#include <gmock/gmock.h>

#include "tests/integration/git/git_client.hpp"
#include "tests/integration/git/git_server.hpp"

namespace davit::test {
namespace {

using testing::HasSubstr;

class GitFetch : public testing::TestWithParam<const char*> {
 protected:
  GitFetch() {
    git_.init();
    for (int i = 0; i < 5; ++i) git_.commit("f", std::to_string(i));
    git_.run({"config", "--global", "protocol.version", GetParam()});
    pushed_ = git_.run({"push", server_.url(), "main"});
  }
  std::string head(const std::string& folder) {
    return git_.run({"rev-parse", "HEAD"}, folder).output.substr(0, 40);
  }
  GitServer server_;
  GitClient git_;
  GitRun pushed_;
};

TEST_P(GitFetch, ClonesAndFetches) {
  ASSERT_EQ(pushed_.code, 0) << pushed_.output;
  const auto cloned = git_.run({"clone", "-q", server_.url(), git_.path("copy")});
  ASSERT_EQ(cloned.code, 0) << cloned.output;
  EXPECT_EQ(head("copy"), head("work"));
  git_.commit("g", "more");
  git_.run({"push", server_.url(), "main"});
  EXPECT_EQ(git_.run({"pull", "-q", "--ff-only"}, "copy").code, 0);
  EXPECT_EQ(head("copy"), head("work"));
}

TEST_P(GitFetch, ClonesShallow) {
  const auto cloned = git_.run({"clone", "-q", "--depth=2", server_.url(), git_.path("copy")});
  ASSERT_EQ(cloned.code, 0) << cloned.output;
  EXPECT_EQ(git_.run({"rev-list", "--count", "HEAD"}, "copy").output, "2\n");
  EXPECT_EQ(git_.run({"fetch", "-q", "--unshallow"}, "copy").code, 0);
  EXPECT_EQ(git_.run({"rev-list", "--count", "HEAD"}, "copy").output, "6\n");
}

TEST_P(GitFetch, RefusesWithAReason) {
  EXPECT_THAT(git_.run({"ls-remote", server_.url("other")}).output, HasSubstr("somebody else"));
  EXPECT_THAT(git_.run({"ls-remote", server_.url("unknown")}).output, HasSubstr("not found"));
  EXPECT_NE(git_.run({"ls-remote", server_.url("blog", "")}).code, 0);
  EXPECT_THAT(git_.run({"ls-remote", server_.url("blog", "wrong")}).output,
              HasSubstr("Authentication failed"));
}

INSTANTIATE_TEST_SUITE_P(Protocol, GitFetch, testing::Values("0", "1", "2"));

}  // namespace
}  // namespace davit::test
