// The classic buildpack contract, by packs that each insist on one trait of it (seen in real
// packs).
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "tests/integration/build/build_fixture.hpp"

namespace davit::build {
namespace {
namespace fs = std::filesystem;
using Contract = BuildFixture;

TEST_F(Contract, CompileGetsItsFoldersAndACleanEnvironment) {
  if (launcher_->level() == dyno::Level::c) GTEST_SKIP() << "no namespaces here: host paths";
  ::setenv("GIT_DIR", "/leak", 1);
  config_.environment["CURL_TIMEOUT"] = "9";
  app_config_ = {{"SECRET", "s"}};
  pack("p", R"(#!/bin/bash
env | sort > "$1/env.txt"
printf '%s\n' "$1" "$2" "$3" "$#" "$PWD" "$0" > "$1/args.txt"
stat -c %a "$3" > "$1/envdir.txt"
ls -A "$HOME" | wc -l > "$1/home.txt"
touch "$HOME/writable" && touch /tmp/writable
)");
  const auto slug = build();
  ::unsetenv("GIT_DIR");
  ASSERT_TRUE(slug) << output_.text;
  const std::string env = slug_file(*slug, "env.txt");
  for (const char* wanted :
       {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", "HOME=/app\n",
        "STACK=heroku-", "SOURCE_VERSION=", "REQUEST_ID=", "DYNO=build.1\n",
        "BUILDPACK_LOG_FILE=/dev/null\n", "CURL_TIMEOUT=9\n"}) {
    EXPECT_NE(env.find(wanted), std::string::npos) << wanted << env;
  }
  EXPECT_EQ(env.find("SECRET"), std::string::npos);
  EXPECT_EQ(env.find("GIT_DIR"), std::string::npos);
  EXPECT_EQ(env.find("_davit"), std::string::npos);
  const std::string args = slug_file(*slug, "args.txt");
  EXPECT_TRUE(args.starts_with("/tmp/build_")) << args;
  EXPECT_NE(args.find("\n/tmp/codon/tmp/cache\n/tmp/env_"), std::string::npos) << args;
  EXPECT_NE(args.find("\n3\n/tmp/buildpacks/p\n/tmp/buildpacks/p/bin/compile\n"), std::string::npos)
      << args;
  EXPECT_EQ(slug_file(*slug, "envdir.txt"), "700\n");
  EXPECT_EQ(slug_file(*slug, "home.txt"), "0\n");
  EXPECT_EQ(slug->buildpack, "Trait");
}

TEST_F(Contract, EnvDirHoldsEveryByte) {
  app_config_ = {{"MULTI", "a\nb\n\n"}, {"PLAIN", "x"}, {"EMPTY", ""}};
  pack("p", "#!/bin/sh\ncp -r \"$3\" \"$1/env\"\n");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug_file(*slug, "env/MULTI"), "a\nb\n\n");
  EXPECT_EQ(slug_file(*slug, "env/PLAIN"), "x");
  EXPECT_EQ(slug_file(*slug, "env/EMPTY"), "");
}

// ianpurvis/heroku-buildpack-version runs a bare `sed`.
TEST_F(Contract, APackThatReadsStandardInputDoesNotHang) {
  pack("p", "#!/bin/sh\nsed s/x/y/ > \"$1/read.txt\"\n", "#!/bin/sh\ncat\n",
       "#!/bin/sh\ncat\necho Reader\n");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug_file(*slug, "read.txt"), "");
  EXPECT_EQ(slug->buildpack, "Reader");
}

TEST_F(Contract, RelativePathsStartAtThePacksRoot) {
  pack("p", "#!/bin/sh\ncat data/text > \"$1/out.txt\"\n");
  fs::create_directories(dir_.path() / "packs/p/data");
  std::ofstream(dir_.path() / "packs/p/data/text") << "from the pack";
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug_file(*slug, "out.txt"), "from the pack");
}

TEST_F(Contract, OutputPassesByteForByteWithBothStreamsInOrder) {
  pack("p", "#!/bin/sh\nprintf '  one \\377\\033[1m\\r\\n'\nprintf 'two\\n' >&2\nprintf 'three'\n");
  ASSERT_TRUE(build()) << output_.text;
  EXPECT_NE(output_.text.find("  one \xff\x1b[1m\r\ntwo\nthree"), std::string::npos)
      << output_.text;
}

TEST_F(Contract, MoreOutputThanTheSpoolHoldsComesWhole) {
  pack("p", "#!/bin/bash\nfor i in {1..100000}; do echo \"line $i\"; done\n");
  ASSERT_TRUE(build());
  EXPECT_NE(output_.text.find("line 1\n"), std::string::npos);
  EXPECT_NE(output_.text.find("line 100000\n"), std::string::npos);
  EXPECT_GT(std::count(output_.text.begin(), output_.text.end(), '\n'), 100'000);
}

TEST_F(Contract, ProcessTypesAreTheDefaultsOverriddenByTheProcfileAfterCompile) {
  pack("p", "#!/bin/sh\necho 'worker: made by the build' > \"$1/Procfile\"\n",
       "#!/bin/sh\nprintf -- '---\\naddons: [x]\\ndefault_process_types:\\n  web: serve\\n  "
       "worker: no\\n'\n");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug->processes, (std::map<std::string, std::string>{{"web", "serve"},
                                                                 {"worker", "made by the build"}}));
  EXPECT_NE(
      output_.text.find(
          "Procfile declares types     -> worker\n       Default types for buildpack -> web\n"),
      std::string::npos)
      << output_.text;
}

TEST_F(Contract, OddReleasesAreForgiven) {
  pack("p", "#!/bin/sh\n", "#!/bin/sh\necho '---'\n");
  EXPECT_TRUE(build()) << output_.text;
  pack("p", "#!/bin/sh\n", "#!/bin/sh\necho '{{{'\n");
  EXPECT_TRUE(build()) << output_.text;
  EXPECT_NE(output_.text.find("invalid YAML"), std::string::npos);
  pack("p", "#!/bin/sh\n", "#!/bin/sh\nexit 3\n");
  EXPECT_TRUE(build()) << output_.text;
}

TEST_F(Contract, ConfigVarsOfOldPacksBecomeAProfileScript) {
  pack("p", "#!/bin/sh\n", "#!/bin/sh\nprintf 'config_vars:\\n  LANG: en_US.UTF-8\\n'\n");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug_file(*slug, ".profile.d/00_config_vars.sh"),
            "export LANG=\"${LANG:-en_US.UTF-8}\"\n");
}

TEST_F(Contract, AChainSharesExportsHomeAndTmpAndTheLastPackDecides) {
  if (launcher_->level() == dyno::Level::c) GTEST_SKIP() << "no namespaces here: host paths";
  pack("one", R"(#!/bin/bash
mkdir -p "$HOME/.heroku" && ln -nsf "$1" "$HOME/.heroku/link" && echo t > /tmp/shared
echo 'export FROM_ONE="a b"' > export
echo 'PATH=/from/one:$PATH' >> "$(dirname "$0")/../export"
)",
       "#!/bin/sh\nprintf 'default_process_types:\\n  web: one\\n  extra: one\\n'\n");
  pack("two", R"(#!/bin/bash
echo "$FROM_ONE|$PATH" > "$1/two.txt"; cat /tmp/shared >> "$1/two.txt"; readlink "$HOME/.heroku/link" >> "$1/two.txt"
echo 'export FROM_TWO=2' > export
)",
       "#!/bin/sh\nprintf 'default_process_types:\\n  web: two\\n'\n");
  pack("three", "#!/bin/bash\necho \"$FROM_ONE$FROM_TWO\" > \"$1/three.txt\"\n");
  const auto slug = build_chain({"one", "two", "three"});
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_TRUE(slug_file(*slug, "two.txt").starts_with("a b|/from/one:/usr/local/sbin:"))
      << slug_file(*slug, "two.txt");
  EXPECT_NE(slug_file(*slug, "two.txt").find("\nt\n/tmp/build_"), std::string::npos);
  EXPECT_EQ(slug_file(*slug, "three.txt"), "a b2\n");
  EXPECT_EQ(slug->processes, (std::map<std::string, std::string>{{"web", "two"}}));
  EXPECT_NE(output_.text.find("-----> Using buildpack: two\n"), std::string::npos);
}

TEST_F(Contract, ASetPackThatRefusesShowsItsReasons) {
  pack("p", "#!/bin/sh\n", {}, "#!/bin/sh\necho no\necho 'needs a Gemfile' >&2\nexit 1\n");
  EXPECT_FALSE(build_chain({"p"}));
  EXPECT_NE(output_.text.find("App not compatible with buildpack: p\nneeds a Gemfile\n"),
            std::string::npos)
      << output_.text;
}

TEST_F(Contract, DetectionTakesTheFirstThatAgreesAndHidesReasons) {
  pack("no", "#!/bin/sh\nexit 9\n", {}, "#!/bin/sh\necho noise >&2\nexit 1\n");
  pack("yes", "#!/bin/sh\n", {}, "#!/bin/sh\necho 'The One'\necho more\n");
  pack("also", "#!/bin/sh\nexit 9\n");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug->buildpack, "The One");
  EXPECT_EQ(output_.text.find("noise"), std::string::npos);
  EXPECT_NE(output_.text.find("-----> The One app detected\n"), std::string::npos);
}

TEST_F(Contract, ABuildThatReplacesItsFoldersByLinksGetsNowhere) {
  if (launcher_->level() == dyno::Level::c) GTEST_SKIP() << "no namespaces here: host paths";
  pack("p", "#!/bin/bash\nrm -rf /tmp/codon && ln -s /etc /tmp/codon\n");
  EXPECT_TRUE(build()) << output_.text;
  EXPECT_FALSE(fs::exists(cache()));
  pack("p", "#!/bin/bash\nrm -rf \"$1\" && ln -s /etc \"$1\"\n");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("is no longer a folder"), std::string::npos) << output_.text;
  pack("p", "#!/bin/bash\nln -s /etc/passwd \"$1/Procfile\"\n");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("leaves the app's folder"), std::string::npos) << output_.text;
  EXPECT_EQ(output_.text.find("root:"), std::string::npos) << output_.text;
}

TEST_F(Contract, TheCacheCountsOverSuccessfulBuildsOnly) {
  pack("p", R"(#!/bin/bash
n=$(cat "$2/count" 2>/dev/null || echo 0)
echo "count $n"
echo $((n + 1)) > "$2/count"
[ ! -f "$1/fail" ]
)");
  ASSERT_TRUE(build());
  EXPECT_NE(output_.text.find("count 0\n"), std::string::npos);
  write("fail", "");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("count 1\n"), std::string::npos);
  fs::remove(dir_.path() / "app/fail");
  ASSERT_TRUE(build());
  EXPECT_NE(output_.text.find("count 1\n"), std::string::npos) << output_.text;
  const auto runtimes = runtimes::make_runtimes(runtimes_config_, clock_, random_);
  const auto sources = sources::make_sources(sources_config_).value();
  const auto builder = make_builder(*launcher_, pool_, *runtimes, *sources, config_);
  ASSERT_TRUE(builder->remove_cache(app_));
  ASSERT_TRUE(build());
  EXPECT_NE(output_.text.find("count 0\n"), std::string::npos);
}

TEST_F(Contract, AFailingCompileLeavesNoSlugAndSaysSo) {
  pack("p", "#!/bin/sh\necho working\n(sleep 1000 &)\nexit 4\n");
  const auto slug = build();
  ASSERT_FALSE(slug);
  EXPECT_EQ(slug.error().message, "Push rejected, failed to compile Trait app.");
  EXPECT_TRUE(output_.text.ends_with(
      "working\n\n !     Push rejected, failed to compile Trait app.\n\n !     Push failed\n"))
      << output_.text;
  EXPECT_FALSE(fs::exists(config_.slugs_dir));
  EXPECT_FALSE(fs::exists(cache()));
}

TEST_F(Contract, ACancelledCompileLeavesNothing) {
  pack("p",
       "#!/bin/sh\ntouch \"$2/cached\"\n(while :; do date > \"$1/x\"; done) &\necho "
       "compiling\nsleep 1000\n");
  output_.cancel_at = "compiling";
  const auto slug = build();
  ASSERT_FALSE(slug);
  EXPECT_TRUE(nothing_left());
  EXPECT_FALSE(fs::exists(config_.slugs_dir));
  EXPECT_FALSE(fs::exists(cache()));
  EXPECT_EQ(output_.text.find("Push failed"), std::string::npos);
}

TEST_F(Contract, ABuildThatTakesTooLongIsStopped) {
  config_.limits.time = std::chrono::milliseconds(2500);
  pack("p", "#!/bin/sh\nsleep 1000\n");
  const auto slug = build();
  ASSERT_FALSE(slug);
  EXPECT_EQ(slug.error().code, Errc::timeout) << slug.error().message;
}

TEST_F(Contract, EndlessOutputIsStopped) {
  pack("p", "#!/bin/sh\nyes 'a long line of nothing at all, over and over and over again'\n");
  const auto slug = build();
  ASSERT_FALSE(slug);
  EXPECT_EQ(slug.error().code, Errc::too_large);
}

TEST_F(Contract, ASlugAboveTheLimitIsRefused) {
  config_.slug_bytes_max = 1024 * 1024;
  pack("p", "#!/bin/sh\nhead -c 3000000 /dev/zero > \"$1/big\"\n");
  const auto slug = build();
  ASSERT_FALSE(slug);
  EXPECT_EQ(slug.error().code, Errc::too_large);
  EXPECT_NE(output_.text.find("too large (max is 1.0M)"), std::string::npos) << output_.text;
}

TEST_F(Contract, ABadProcfileNamesItsLine) {
  pack("p", "#!/bin/sh\n");
  write("Procfile", "web: a\n>>>>>>> theirs\n");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find(" !     Procfile line 2:"), std::string::npos) << output_.text;
}

TEST_F(Contract, SlugignoreIsAppliedBeforeDetect) {
  pack("p", "#!/bin/sh\nls \"$1\" > \"$1/seen.txt\"\n", {},
       "#!/bin/sh\n[ ! -e \"$1/docs\" ] && echo ok\n");
  write(".slugignore", "docs\n*.psd\n");
  write("docs/a.md", "x");
  write("logo.psd", "x");
  write("main.c", "x");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_NE(output_.text.find("-----> Deleting 2 files matching .slugignore patterns.\n"),
            std::string::npos);
  EXPECT_EQ(slug_file(*slug, "seen.txt"), "main.c\nseen.txt\n");
}

TEST_F(Contract, LeftoversOfAnEarlierDaemonAreRemoved) {
  fs::create_directories(fs::path(config_.work_dir) / "old/tmp");
  const auto runtimes = runtimes::make_runtimes(runtimes_config_, clock_, random_);
  const auto sources = sources::make_sources(sources_config_).value();
  make_builder(*launcher_, pool_, *runtimes, *sources, config_)->clean_leftovers();
  EXPECT_TRUE(fs::is_empty(config_.work_dir));
}

TEST_F(Contract, BinRuntimesIsAskedBeforeCompileAndNamesWhatItGot) {
  pack("trait", "#!/bin/sh\necho \"node is $DAVIT_RUNTIME_NODE\"\n");
  write("x", "");
  std::ofstream(dir_.path() / "packs/trait/bin/runtimes")
      << "#!/bin/sh\n[ -f \"$1/x\" ] && echo 'node >=10 # a trait'\n";
  ASSERT_TRUE(build()) << output_.text;
  EXPECT_NE(output_.text.find("\">=10\" of a trait"), std::string::npos) << output_.text;
  EXPECT_NE(output_.text.find("node is /usr/"), std::string::npos) << output_.text;
  std::ofstream(dir_.path() / "packs/trait/bin/runtimes") << "#!/bin/sh\necho 'cobol 1'\n";
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("Davit knows no runtime \"cobol\""), std::string::npos)
      << output_.text;
  std::ofstream(dir_.path() / "packs/trait/bin/runtimes") << "#!/bin/sh\necho why not\nexit 3\n";
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("why not\n"), std::string::npos) << output_.text;
}

}  // namespace
}  // namespace davit::build
