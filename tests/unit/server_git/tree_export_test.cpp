#include "server/git/tree_export.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/files.hpp"
#include "base/process.hpp"
#include "server/git/remote_repository.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::git {
namespace {
namespace fs = std::filesystem;

// A real repository, made by the real git. Trees that git itself would not write come from `git
// mktree`.
class TreeExport : public ::testing::Test {
 protected:
  void SetUp() override { git({"init", "-q", "--bare", dir_.str("repo.git")}); }

  // Runs git; what it prints, without the last newline.
  std::string git(std::vector<std::string> arguments, std::string_view input = {}) {
    std::vector<std::string> argv{"/usr/bin/git"};
    if (arguments[0] != "init") argv.push_back("--git-dir=" + dir_.str("repo.git"));
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    ProcessOptions options;
    options.argv = argv;
    options.env = {{"PATH", "/usr/bin:/bin"},   {"HOME", dir_.str()},
                   {"GIT_AUTHOR_NAME", "t"},    {"GIT_AUTHOR_EMAIL", "t@example.com"},
                   {"GIT_COMMITTER_NAME", "t"}, {"GIT_COMMITTER_EMAIL", "t@example.com"},
                   {"GIT_CONFIG_NOSYSTEM", "1"}};
    EXPECT_TRUE(write_file_atomic(dir_.str("in"), input, 0600));
    const auto in = open_file(dir_.str("in"), O_RDONLY);
    const auto out = open_file(dir_.str("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    options.stdin_fd = in->get();
    options.stdout_fd = out->get();
    EXPECT_EQ(Process::spawn(options).value().wait().value(), 0) << arguments[0];
    std::string text = read_file(dir_.str("out"), 1 << 20).value();
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }
  std::string blob(std::string_view content) {
    return git({"hash-object", "-w", "--stdin"}, content);
  }
  std::string tree(std::string_view lines) { return git({"mktree", "--missing"}, lines); }
  CommitId commit(const std::string& tree_id) {
    return CommitId::parse(git({"commit-tree", "-m", "x", tree_id})).value();
  }
  ExportRequest request_for(const CommitId& id) const {
    ExportRequest request;
    request.source = {dir_.str("repo.git"), "", id};
    request.target = dir_.str("tree");
    request.limits = {1000, 100'000, 128};
    return request;
  }
  Result<Exported> run(const CommitId& id) { return export_tree(request_for(id)); }
  fs::path at(const std::string& name) const { return dir_.path() / "tree" / name; }

  test::TempDir dir_;
};

TEST_F(TreeExport, WritesFilesFoldersModesAndLinks) {
  const std::string inner = tree("100755 blob " + blob("#!/bin/sh\n") + "\trun\n");
  const auto id = commit(tree("040000 tree " + inner + "\tbin\n120000 blob " + blob("/etc/passwd") +
                              "\tlink\n100644 blob " + blob("a\r\n") + "\tfile\n"));
  const auto exported = run(id);
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_EQ(exported->files, 4u);
  EXPECT_EQ(read_file(at("file"), 100).value(), "a\r\n");
  EXPECT_EQ(fs::read_symlink(at("link")), "/etc/passwd");
  EXPECT_EQ(fs::status(at("bin/run")).permissions(), fs::perms(0755));
  EXPECT_FALSE(fs::exists(at(".git")));
}

TEST_F(TreeExport, LeavesOutWhatItIsTold) {
  const std::string docs =
      tree("100644 blob " + blob("x") + "\ta.md\n100644 blob " + blob("x") + "\tb.md\n");
  auto request =
      request_for(commit(tree("040000 tree " + docs + "\tdocs\n100644 blob " + blob("x") +
                              "\tlogo.psd\n100644 blob " + blob("x") + "\tserver.js\n")));
  request.leave_out = [](const std::string& path, bool is_directory) {
    return is_directory ? path == "docs" : path == "logo.psd";
  };
  const auto exported = export_tree(request);
  ASSERT_TRUE(exported);
  EXPECT_EQ(exported->left_out, 2u);
  EXPECT_TRUE(fs::exists(at("server.js")));
  EXPECT_FALSE(fs::exists(at("docs")));
  EXPECT_FALSE(fs::exists(at("logo.psd")));
}

TEST_F(TreeExport, ReadsAPlainFileOfTheRootFolderAlone) {
  const std::string inner = tree("100644 blob " + blob("x") + "\tfile\n");
  const auto source = request_for(commit(tree("040000 tree " + inner + "\tfolder\n120000 blob " +
                                              blob("/etc/passwd") + "\tlink\n100644 blob " +
                                              blob("text") + "\tfile\n")))
                          .source;
  EXPECT_EQ(read_root_file(source, "file", 4).value(), "text");
  EXPECT_EQ(read_root_file(source, "file", 3).error().code, Errc::too_large);
  for (const char* name : {"folder", "link", "none", "folder/file"}) {
    EXPECT_EQ(read_root_file(source, name, 100).value(), std::nullopt) << name;
  }
}

TEST_F(TreeExport, ASubmoduleIsAnEmptyFolderAndTold) {
  const auto exported =
      run(commit(tree("160000 commit 1234567890123456789012345678901234567890\tvendor\n")));
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_EQ(exported->submodules,
            (std::vector<Submodule>{{"vendor", "1234567890123456789012345678901234567890"}}));
  EXPECT_TRUE(fs::is_empty(at("vendor")));
}

TEST_F(TreeExport, RefusesDotGitInAnyCase) {
  for (const char* name : {".git", ".GIT", ".gIt"}) {
    const auto id = commit(tree("100644 blob " + blob("x") + "\t" + name + "\n"));
    const auto exported = run(id);
    ASSERT_FALSE(exported) << name;
    EXPECT_EQ(exported.error().code, Errc::corrupt);
    ASSERT_TRUE(remove_tree(dir_.path() / "tree"));
  }
}

// Written through a link, the second entry would land in /tmp.
TEST_F(TreeExport, AFolderBesideALinkOfTheSameNameWritesNothingOutside) {
  const std::string inner = tree("100644 blob " + blob("x") + "\tescaped\n");
  std::string raw = "120000 d" + std::string(1, '\0');
  const auto append_id = [&](const std::string& hex) {
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      raw += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
  };
  append_id(blob(dir_.str("outside")));
  raw += "40000 d" + std::string(1, '\0');
  append_id(inner);
  fs::create_directory(dir_.path() / "outside");
  const std::string id = git({"hash-object", "--literally", "-t", "tree", "-w", "--stdin"}, raw);
  EXPECT_FALSE(run(commit(id)));
  EXPECT_TRUE(fs::is_empty(dir_.path() / "outside"));
}

TEST_F(TreeExport, StopsAtItsLimits) {
  const auto large = commit(tree("100644 blob " + blob(std::string(100'001, 'x')) + "\tbig\n"));
  EXPECT_EQ(run(large).error().code, Errc::too_large);
  ASSERT_TRUE(remove_tree(dir_.path() / "tree"));

  // A tree bomb: 10^8 files in ten objects.
  std::string level = tree("100644 blob " + blob("x") + "\ta\n");
  for (int depth = 0; depth < 8; ++depth) {
    std::string lines;
    for (int i = 0; i < 10; ++i) lines += "040000 tree " + level + "\t" + std::to_string(i) + "\n";
    level = tree(lines);
  }
  EXPECT_EQ(run(commit(level)).error().code, Errc::limit_exceeded);
  ASSERT_TRUE(remove_tree(dir_.path() / "tree"));

  for (int depth = 0; depth < 140; ++depth) level = tree("040000 tree " + level + "\td\n");
  EXPECT_EQ(run(commit(level)).error().code, Errc::limit_exceeded);
}

TEST_F(TreeExport, ReadsObjectsFromTheQuarantineToo) {
  const auto id = commit(tree("100644 blob " + blob("new") + "\tfile\n"));
  fs::rename(dir_.path() / "repo.git/objects", dir_.path() / "quarantine");
  fs::create_directories(dir_.path() / "repo.git/objects/info");
  fs::create_directories(dir_.path() / "repo.git/objects/pack");
  EXPECT_EQ(run(id).error().code, Errc::not_found);
  auto request = request_for(id);
  request.source.quarantine = dir_.str("quarantine");
  const auto exported = export_tree(request);
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_EQ(read_file(at("file"), 100).value(), "new");
}

// A branch "decade" was taken for the beginning of a commit's id, which nothing has.
TEST_F(TreeExport, ANameIsABranchOrATagBeforeItIsACommit) {
  const CommitId first = commit(tree("100644 blob " + blob("1") + "\ta"));
  const CommitId second = commit(tree("100644 blob " + blob("2") + "\ta"));
  git({"update-ref", "refs/heads/main", first.str()});
  git({"update-ref", "refs/heads/decade", second.str()});
  git({"tag", "-a", "-m", "x", "facade1", second.str()});
  git({"symbolic-ref", "HEAD", "refs/heads/main"});
  const auto named = [&](const std::string& name) {
    const auto found = local_commit(dir_.str("repo.git"), name);
    return found ? found->str() : found.error().message;
  };
  EXPECT_EQ(named(""), first.str());
  EXPECT_EQ(named("main"), first.str());
  EXPECT_EQ(named("decade"), second.str());
  EXPECT_EQ(named("facade1"), second.str());
  EXPECT_EQ(named("refs/heads/decade"), second.str());
  EXPECT_EQ(named(first.str()), first.str());
  EXPECT_EQ(named(first.str().substr(0, 10)), first.str());
  for (const char* wrong : {"nothing", "HEAD@{1}", "main^{/x}", ":/x", "main:a", "dead", "../x"}) {
    EXPECT_FALSE(local_commit(dir_.str("repo.git"), wrong)) << wrong;
  }
}

}  // namespace
}  // namespace davit::git
