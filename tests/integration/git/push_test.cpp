// The real git against the real endpoint.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>

#include "server/git/pkt_line.hpp"
#include "server/git/receive_pack.hpp"
#include "tests/integration/git/git_client.hpp"
#include "tests/integration/git/git_server.hpp"
#include "tests/support/http/raw_client.hpp"

namespace davit::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class GitPush : public testing::Test {
 protected:
  GitPush() { git_.init(); }
  GitRun push(std::vector<std::string> arguments) {
    std::vector<std::string> all{"push", server_.url()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return git_.run(std::move(all));
  }
  std::string head() { return git_.run({"rev-parse", "HEAD"}).output.substr(0, 40); }

  GitServer server_;
  GitClient git_;
};

TEST_F(GitPush, DeploysMainAndShowsTheBuild) {
  const auto pushed = push({"main"});
  EXPECT_EQ(pushed.code, 0) << pushed.output;
  EXPECT_THAT(pushed.output, HasSubstr("remote: -----> Building " + head()));
  EXPECT_THAT(pushed.output, HasSubstr("[new branch]      main -> main"));
  ASSERT_EQ(server_.deployer.records().size(), 1U);
  EXPECT_EQ(server_.deployer.records()[0].commit, head());
  EXPECT_TRUE(server_.deployer.records()[0].quarantined);
  EXPECT_EQ(server_.refs().at("refs/heads/main"), head());
  EXPECT_TRUE(server_.no_quarantine());
  EXPECT_THAT(push({"main"}).output, HasSubstr("Everything up-to-date"));
}

TEST_F(GitPush, SendsASecondPushAsAThinPack) {
  const std::string text(100'000, 'x');
  git_.commit("large.txt", text + "1");
  push({"main"});
  git_.commit("large.txt", text + "2");
  const auto pushed = push({"main"});
  EXPECT_EQ(pushed.code, 0) << pushed.output;
  EXPECT_EQ(server_.refs().at("refs/heads/main"), head());
  EXPECT_EQ(git_.run({"-C", server_.repository(), "fsck", "--full", "--strict"}).code, 0);
}

TEST_F(GitPush, TakesChunkedBodiesOfAnySize) {
  std::string noise;
  std::uint64_t state = 42;
  while (noise.size() < 3'000'000) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    noise += static_cast<char>(state >> 56);
  }
  git_.commit("noise.bin", noise);
  git_.run({"config", "http.postBuffer", "65536"});
  const auto pushed = push({"main"});
  EXPECT_EQ(pushed.code, 0) << pushed.output;
  EXPECT_EQ(server_.refs().at("refs/heads/main"), head());
}

TEST_F(GitPush, OtherBranchesAndTagsAreStoredNotDeployed) {
  git_.run({"tag", "-a", "-m", "one", "v1"});
  const auto pushed = push({"main:feature", "v1"});
  EXPECT_EQ(pushed.code, 0) << pushed.output;
  EXPECT_THAT(pushed.output, HasSubstr("remote: -----> Branch 'feature' stored. Only main and"));
  EXPECT_TRUE(server_.deployer.records().empty());
  EXPECT_EQ(server_.refs().size(), 2U);
}

TEST_F(GitPush, SeveralRefsDeployOnceAndMainWins) {
  git_.run({"branch", "master"});
  git_.run({"tag", "v1"});
  const auto pushed = push({"--atomic", "master", "main", "v1"});
  EXPECT_EQ(pushed.code, 0) << pushed.output;
  ASSERT_EQ(server_.deployer.records().size(), 1U);
  EXPECT_EQ(server_.deployer.records()[0].ref, "refs/heads/main");
  EXPECT_EQ(server_.refs().size(), 3U);
}

TEST_F(GitPush, MasterDeploysAndACloneChecksItOut) {
  const auto pushed = push({"main:master"});
  EXPECT_EQ(pushed.code, 0) << pushed.output;
  EXPECT_EQ(server_.deployer.records().size(), 1U);
  git_.run({"clone", "-q", server_.url(), git_.path("copy")});
  EXPECT_EQ(git_.run({"rev-parse", "HEAD"}, "copy").output.substr(0, 40), head());
}

TEST_F(GitPush, AFailedBuildRejectsEveryRefAndStoresNothing) {
  server_.deployer.fail = true;
  git_.run({"tag", "v1"});
  const auto pushed = push({"main", "v1"});
  EXPECT_NE(pushed.code, 0);
  EXPECT_THAT(pushed.output, HasSubstr("remote:  !     Push rejected, the build failed"));
  EXPECT_THAT(pushed.output, HasSubstr("(pre-receive hook declined)"));
  EXPECT_TRUE(server_.nothing_stored());
  server_.deployer.fail = false;
  EXPECT_EQ(push({"main", "v1"}).code, 0);
}

TEST_F(GitPush, AForcedPushMovesTheBranchBack) {
  const auto first = head();
  git_.commit("b", "b");
  push({"main"});
  git_.run({"reset", "-q", "--hard", first});
  EXPECT_NE(push({"main"}).code, 0);
  EXPECT_EQ(push({"--force", "main"}).code, 0);
  EXPECT_EQ(server_.refs().at("refs/heads/main"), first);
}

TEST_F(GitPush, BranchesCanBeDeletedButNotTheDeployBranch) {
  push({"main", "main:old"});
  EXPECT_EQ(push({"--delete", "old"}).code, 0);
  const auto refused = push({"--delete", "main"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.output, HasSubstr("deploy branch cannot be deleted"));
  EXPECT_EQ(server_.refs().size(), 1U);
}

TEST_F(GitPush, AtomicPushesAreAllOrNothing) {
  push({"main"});
  git_.commit("b", "b");
  const auto refused = push({"--atomic", "HEAD:refs/heads/x", "HEAD:refs/notes/y"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.output, HasSubstr("atomic"));
  EXPECT_EQ(server_.refs().size(), 1U);
}

TEST_F(GitPush, PushOptionsAreTaken) {
  const auto pushed = push({"--push-option", "ci.skip", "-o", "x=y z", "main"});
  EXPECT_EQ(pushed.code, 0) << pushed.output;
  EXPECT_EQ(server_.deployer.records().size(), 1U);
}

TEST_F(GitPush, ASecondPushWaitsItsTurnAndIsTold) {
  server_.deployer.hold = true;
  auto first = git_.start({"push", server_.url(), "main"});
  ASSERT_TRUE(eventually([&] { return server_.deployer.waiting == 1; }));
  GitClient other;
  other.init();
  auto second = other.start({"push", "--force", server_.url(), "main"});
  ASSERT_TRUE(eventually(
      [&] { return other.output().find("remote: -----> Another push") != std::string::npos; }));
  server_.deployer.hold = false;
  EXPECT_EQ(first.wait().value(), 0);
  // It was based on what is no more.
  EXPECT_NE(second.wait().value(), 0);
  EXPECT_THAT(other.output(), HasSubstr("fetch first"));
  EXPECT_EQ(server_.deployer.records().size(), 1U);
  EXPECT_TRUE(server_.no_quarantine());
}

TEST_F(GitPush, CtrlCCancelsTheDeployAndLeavesNothing) {
  server_.deployer.hold = true;
  auto pushing = git_.start({"push", server_.url(), "main"});
  ASSERT_TRUE(eventually([&] { return server_.deployer.waiting == 1; }));
  // Live, before the end.
  EXPECT_TRUE(eventually(
      [&] { return git_.output().find("remote: -----> Building") != std::string::npos; }));
  ::kill(-pushing.pid(), SIGINT);
  EXPECT_NE(pushing.wait().value(), 0);
  EXPECT_TRUE(eventually([&] { return server_.deployer.cancelled == 1; }));
  EXPECT_TRUE(server_.nothing_stored());
  server_.deployer.hold = false;
  EXPECT_EQ(push({"main"}).code, 0);
}

TEST_F(GitPush, AShallowCloneIsToldToFetchTheRest) {
  for (const char* name : {"b", "c"}) git_.commit(name, name);
  git_.run({"clone", "-q", "--depth=1", "file://" + git_.path("work"), git_.path("shallow")});
  const auto refused = git_.run({"push", server_.url(), "main"}, "shallow");
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.output, HasSubstr("--unshallow"));
  EXPECT_TRUE(server_.nothing_stored());
}

TEST_F(GitPush, ClientsWithoutSideBandGetTheBareReport) {
  const auto id = head();
  const auto pack = git_.run({"pack-objects", "--all", "--stdout", "-q"}).output;
  const auto body = git::pkt_line(std::string(git::zero_id) + " " + id + " refs/heads/main" +
                                  std::string(1, '\0') + " report-status") +
                    "0000" + pack;
  auto client = RawClient::tcp(server_.port());
  client.send(
      fmt::format("POST /blog.git/git-receive-pack HTTP/1.0\r\n"
                  "Authorization: Basic eDpzZWNyZXQ=\r\n"
                  "Content-Type: application/x-git-receive-pack-request\r\n"
                  "Content-Length: {}\r\n\r\n{}",
                  body.size(), body));
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\n000eunpack ok\n0017ok refs/heads/main\n0000"));
  EXPECT_EQ(server_.refs().at("refs/heads/main"), id);
}

TEST_F(GitPush, StoppingTheServerCancelsTheDeploy) {
  server_.deployer.hold = true;
  auto pushing = git_.start({"push", server_.url(), "main"});
  ASSERT_TRUE(eventually([&] { return server_.deployer.waiting == 1; }));
  server_.stop();
  EXPECT_NE(pushing.wait().value(), 0);
  EXPECT_EQ(server_.deployer.cancelled, 1);
  EXPECT_TRUE(server_.nothing_stored());
}

TEST_F(GitPush, ATreeThatWouldWriteIntoDotGitIsRefused) {
  auto blob = git_.run({"hash-object", "-w", "index.html"}).output.substr(0, 40);
  std::string tree("100644 .GIT\0", 12);
  for (std::size_t i = 0; i < 40; i += 2) {
    tree += static_cast<char>(std::stoi(blob.substr(i, 2), nullptr, 16));
  }
  std::ofstream(git_.path("tree"), std::ios::binary) << tree;
  const auto id =
      git_.run({"hash-object", "-t", "tree", "--literally", "-w", git_.path("tree")}).output;
  const auto commit = git_.run({"commit-tree", "-m", "evil", id.substr(0, 40)}).output;
  const auto refused = push({commit.substr(0, 40) + ":refs/heads/main"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.output, HasSubstr("forbidden name '.GIT'"));
  EXPECT_TRUE(server_.nothing_stored());
}

}  // namespace
}  // namespace davit::test
