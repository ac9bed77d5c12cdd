#include "server/build/choose.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"

namespace davit::build {
namespace {

using testing::HasSubstr;

class Choose : public ::testing::Test {
 protected:
  Choose() {
    std::ofstream(dir_.path() / "order") << "nodejs\nstatic\n";
    config_.buildpacks_dir = dir_.str();
    rules_.bundled = {"nodejs", "static"};
  }
  std::string chosen() {
    const auto selection = choose_packs({config_, request_, rules_, file_, app_json_});
    if (!selection) return selection.error().message;
    if (selection->kind == SelectionKind::automatic) return "detected";
    std::string text = selection->set_by + ":";
    for (const Pack& pack : selection->packs) text += " " + pack.name;
    return text;
  }
  test::TempDir dir_;
  BuildConfig config_;
  BuildRequest request_;
  sources::Rules rules_;
  std::optional<std::string> file_;
  app_json::AppJson app_json_;
};

TEST_F(Choose, TheFirstThatSaysAnythingDecides) {
  EXPECT_EQ(chosen(), "detected");
  app_json_.buildpacks = {"heroku/static"};
  EXPECT_EQ(chosen(), "app.json: static");
  request_.app_buildpacks = {"heroku/nodejs"};
  EXPECT_EQ(chosen(), "`davit buildpacks:set`: nodejs");
  file_ = "# nothing but a comment\n";
  EXPECT_EQ(chosen(), "`davit buildpacks:set`: nodejs");
  file_ = "https://example.com/a.git\nheroku/static\n";
  EXPECT_EQ(chosen(), "the file .buildpacks: a static");
  request_.config["BUILDPACK_URL"] = "";
  EXPECT_EQ(chosen(), "the file .buildpacks: a static");
  request_.config["BUILDPACK_URL"] = "https://example.com/b.git#v1";
  EXPECT_EQ(chosen(), "the config var BUILDPACK_URL: b");
  request_.buildpacks = {"https://example.com/c.tgz"};
  EXPECT_EQ(chosen(), "this build's request: c");
}

TEST_F(Choose, PacksOfTheSameNameHaveFoldersOfTheirOwn) {
  file_ = "https://a.com/p.git\nhttps://b.com/p.git\nhttps://c.com/P.git\n";
  EXPECT_EQ(chosen(), "the file .buildpacks: p p-2 p-3");
}

TEST_F(Choose, AnErrorNamesWhatSetThePack) {
  file_ = "https://a.com/p.git\nnonsense\n";
  EXPECT_THAT(chosen(), HasSubstr("A buildpack that the file .buildpacks names cannot be used"));
}

}  // namespace
}  // namespace davit::build
