// The bundled packs on the sample apps, with the real npm and its registry.
#include <sys/stat.h>

#include "tests/integration/build/build_fixture.hpp"

namespace davit::build {
namespace {
namespace fs = std::filesystem;
using BundledPacks = BuildFixture;
using Types = std::map<std::string, std::string>;

TEST_F(BundledPacks, HelloNodeBuildsWithoutADependency) {
  use_app("hello-node");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug->buildpack, "Node.js");
  EXPECT_EQ(slug->processes, (Types{{"web", "node server.js"}}));
  EXPECT_TRUE(fs::exists(slug->path + "/server.js"));
  EXPECT_TRUE(fs::exists(slug->path + "/.profile.d/nodejs.sh"));
  EXPECT_FALSE(fs::exists(slug->path + "/.git"));
  EXPECT_GT(slug->bytes, 0u);
  EXPECT_NE(output_.text.find("-----> Node.js app detected\n"), std::string::npos);
  EXPECT_NE(output_.text.find("-----> Done: "), std::string::npos);
}

TEST_F(BundledPacks, ExpressWithALockFileTakesTheFastPathTheSecondTime) {
  use_app("express");
  auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_TRUE(fs::exists(slug->path + "/node_modules/express/package.json"));
  EXPECT_NE(output_.text.find("npm ci"), std::string::npos);
  write("index.js", "// changed\n");
  slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_NE(output_.text.find("Restoring node_modules"), std::string::npos) << output_.text;
  EXPECT_EQ(output_.text.find("npm ci"), std::string::npos);
  EXPECT_TRUE(fs::exists(slug->path + "/node_modules/express/package.json"));
  EXPECT_EQ(slug_file(*slug, "index.js"), "// changed\n");
  // A config var may change what an install script makes.
  app_config_["OTHER"] = "1";
  ASSERT_TRUE(build());
  EXPECT_NE(output_.text.find("npm ci"), std::string::npos) << output_.text;
}

TEST_F(BundledPacks, ExpressWithoutALockFileIsInstalledWithAWarning) {
  use_app("express-nolock");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_NE(output_.text.find("No lock file"), std::string::npos);
  EXPECT_EQ(slug->processes, (Types{{"web", "npm start"}}));
  EXPECT_TRUE(fs::exists(slug->path + "/node_modules/express"));
}

TEST_F(BundledPacks, ABuildScriptHasDevDependenciesAndTheSlugHasNone) {
  use_app("node-build");
  for (int round = 0; round < 2; ++round) {
    const auto slug = build();
    ASSERT_TRUE(slug) << output_.text;
    EXPECT_TRUE(fs::exists(slug->path + "/dist/server.js"));
    EXPECT_TRUE(fs::exists(slug->path + "/node_modules/escape-html"));
    EXPECT_FALSE(fs::exists(slug->path + "/node_modules/ms"));
    EXPECT_FALSE(fs::exists(slug->path + "/.next/cache/webpack"));
  }
  EXPECT_NE(output_.text.find("Restoring .next/cache"), std::string::npos);
  EXPECT_NE(output_.text.find("built dist/server.js, run 2"), std::string::npos);
  EXPECT_NE(output_.text.find("Restoring node_modules"), std::string::npos);
}

TEST_F(BundledPacks, AFailingBuildScriptRejectsThePush) {
  use_app("broken-compile");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("The script \"build\" of package.json failed"), std::string::npos);
  EXPECT_NE(output_.text.find(" !     Push rejected, failed to compile Node.js app.\n"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(cache()));
}

TEST_F(BundledPacks, AnAppOfNoLanguageIsToldWhatWasLookedFor) {
  use_app("no-language");
  const auto slug = build();
  ASSERT_FALSE(slug);
  EXPECT_EQ(slug.error().message, "No default language could be detected for this app.");
  EXPECT_NE(output_.text.find(" !     No default language could be detected for this app.\n"),
            std::string::npos);
  EXPECT_NE(output_.text.find(" !     Looked for, in this order: ruby, nodejs, clojure, python, "),
            std::string::npos);
}

TEST_F(BundledPacks, AWorkerNeedsNoWebProcess) {
  use_app("worker-only");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug->processes, (Types{{"worker", "node worker.js"}}));
}

TEST_F(BundledPacks, AStaticSiteGetsTheFileServer) {
  use_app("static-site");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  EXPECT_EQ(slug->buildpack, "Static");
  EXPECT_EQ(slug->processes,
            (Types{{"web", ".davit/bin/davit-static --root public --config static.json"}}));
  struct stat status {};
  ASSERT_EQ(::stat((slug->path + "/.davit/bin/davit-static").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755u);
}

TEST_F(BundledPacks, AStaticSiteWithABadConfigurationIsRefused) {
  use_app("static-site");
  write("static.json", "{\"root\": \"public\", \"routes\": 3}");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("\"routes\""), std::string::npos) << output_.text;
  write("static.json", "{\"root\": \"missing\"}");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("\"missing\""), std::string::npos) << output_.text;
}

TEST_F(BundledPacks, AnEngineThatThisServerLacksIsToldWithWhatIsThere) {
  write("package.json", "{\"engines\": {\"node\": \"6.x\"}}");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("there is no Node.js for \"6.x\" of engines.node in package.json"),
            std::string::npos)
      << output_.text;
  EXPECT_NE(output_.text.find(" !     On this server: "), std::string::npos) << output_.text;
}

TEST_F(BundledPacks, SeveralLockFilesAreAnError) {
  write("package.json", "{}");
  write("yarn.lock", "");
  write("package-lock.json", "{}");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("Several lock files found: package-lock.json yarn.lock."),
            std::string::npos)
      << output_.text;
}

TEST_F(BundledPacks, ABrokenPackageJsonIsTold) {
  write("package.json", "{ \"name\": ");
  EXPECT_FALSE(build());
  EXPECT_NE(output_.text.find("package.json cannot be read"), std::string::npos) << output_.text;
}

TEST_F(BundledPacks, AppScriptsRunInTheVendorsOrderWithConfigVars) {
  app_config_ = {{"GREETING", "two words\nand a line"}, {"PATH", "/evil"}};
  write("log.js",
        "require('fs').appendFileSync('log.txt', process.argv[2] + ' ' + process.env.GREETING + "
        "'\\n')");
  write("package.json",
        R"({"scripts": {"heroku-prebuild": "node log.js pre", "build": "node log.js build",
    "heroku-postbuild": "node log.js post", "heroku-cleanup": "node log.js cleanup"}})");
  const auto slug = build();
  ASSERT_TRUE(slug) << output_.text;
  const std::string tail = " two words\nand a line\n";
  EXPECT_EQ(slug_file(*slug, "log.txt"), "pre" + tail + "post" + tail + "cleanup" + tail);
}

}  // namespace
}  // namespace davit::build
