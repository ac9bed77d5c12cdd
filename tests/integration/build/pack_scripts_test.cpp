// Parts of the bundled packs' scripts that no app of the other tests comes by.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/files.hpp"
#include "base/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit {
namespace {

class PackScripts : public ::testing::Test {
 protected:
  // Runs a script of bash in the app's folder, as bin/compile does; what it prints.
  std::string run(const std::string& script) {
    ProcessOptions options;
    options.argv = {"/bin/bash", "-c", "set -eo pipefail\n" + script};
    options.env = {{"PATH", dir_.str("bin") + ":/usr/bin:/bin"},
                   {"LIB", test::programs_dir() / "../buildpacks"},
                   {"TMPDIR", dir_.str()}};
    options.cwd = dir_.str();
    const auto out = open_file(dir_.str("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    options.stdout_fd = options.stderr_fd = out->get();
    options.stdin_fd = input_;
    code_ = Process::spawn(options).value().wait().value();
    return read_file(dir_.str("out"), 1 << 20).value();
  }
  void file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((dir_.path() / name).parent_path());
    std::ofstream(dir_.path() / name) << text;
  }
  void program(const std::string& name, const std::string& text) {
    file("bin/" + name, "#!/bin/sh\n" + text);
    ::chmod(dir_.str("bin/" + name).c_str(), 0755);
  }
  std::string manager() {
    return run(R"(
      for file in common/output common/versions wishes manager; do . $LIB/nodejs/lib/$file.sh; done
      choose_manager
      echo "$manager/$manager_range")");
  }
  test::TempDir dir_;
  int input_ = -1;
  int code_ = 0;
};

// The range was the manager's own name, which no version is.
TEST_F(PackScripts, APackageManagerWithoutAVersionIsAnyOfIt) {
  file("package.json", R"({"packageManager": "pnpm"})");
  EXPECT_EQ(manager(), "pnpm/\n");
  file("pnpm-lock.yaml", "lockfileVersion: '6.0'\n");
  EXPECT_EQ(manager(), "pnpm/8.x\n");
  file("package.json", R"({"packageManager": "pnpm@9.1.0+sha512.aa"})");
  EXPECT_EQ(manager(), "pnpm/9.1.0\n");
}

// It was taken for a module without programs.
TEST_F(PackScripts, AGoListThatFailsIsToldWithWhatItSays) {
  const std::string choose = R"(
      for file in common/output packages; do . $LIB/go/lib/$file.sh; done
      choose_packages
      echo "packages: ${packages[*]}")";
  program("go", "echo 'go.mod:3: unknown directive' >&2; exit 1");
  const std::string failed = run(choose);
  EXPECT_NE(code_, 0);
  EXPECT_NE(failed.find("       go.mod:3: unknown directive\n"), std::string::npos) << failed;
  EXPECT_NE(failed.find("`go list` failed"), std::string::npos) << failed;
  program("go", "echo downloading >&2; echo; echo example.com/a; echo; echo example.com/b");
  const std::string found = run(choose);
  EXPECT_TRUE(found.ends_with("packages: example.com/a example.com/b\n")) << found;
  program("go", "echo");
  EXPECT_NE(run(choose).find("There is no \"package main\""), std::string::npos);
  file("go.work", "");
  program("go", "exit 1");
  EXPECT_NE(run(choose).find("go.work cannot be read"), std::string::npos);
}

// Without a file to look into, grep read the input, and waited for its end.
TEST_F(PackScripts, AJarIsFoundWithoutAFileThatNamesItsFramework) {
  file("target/app.jar", "");
  program("unzip", "echo 'Main-Class: App'");
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd input(ends[0]);
  UniqueFd silent(ends[1]);
  ASSERT_EQ(::write(silent.get(), "quarkus\n", 8), 8);
  silent.reset();
  input_ = input.get();
  EXPECT_EQ(run(". $LIB/java/lib/common/jvm.sh; jar_command target; cat"),
            "java $JAVA_OPTS -jar target/app.jar\nquarkus\n");
}

TEST_F(PackScripts, AFolderOfTheCacheTakesThePlaceOfWhatWasThere) {
  file("cache/gems/new", "x");
  file("vendor/bundle/old", "x");
  EXPECT_EQ(run(". $LIB/ruby/lib/common/environment.sh\n"
                "copy_folder cache/gems vendor/bundle; copy_folder cache/none vendor/none\n"
                "ls vendor vendor/bundle"),
            "vendor:\nbundle\n\nvendor/bundle:\nnew\n");
}

}  // namespace
}  // namespace davit
