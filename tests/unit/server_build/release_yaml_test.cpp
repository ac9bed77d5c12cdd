#include "server/build/release_yaml.hpp"

#include <gtest/gtest.h>

namespace davit::build {
namespace {

TEST(ReleaseYaml, EveryEmptyFormSeenIsEmpty) {
  for (const char* text : {"", "---", "--- {}", "---\n", "{}", "--- {}\n\n", "---\naddons:\n",
                           "addons: []\ndefault_process_types:\n", "default_process_types: {}",
                           "config_vars: {}\n# nothing"}) {
    const auto info = parse_release_yaml(text);
    ASSERT_TRUE(info) << text << ": " << info.error().message;
    EXPECT_TRUE(info->default_process_types.empty()) << text;
    EXPECT_FALSE(info->has_addons) << text;
  }
}

TEST(ReleaseYaml, TypesVarsAndAddonsAreRead) {
  const auto info = parse_release_yaml(
      "---\naddons:\n  - heroku-postgresql\nconfig_vars:\n  PATH: bin:$PATH\n  N: 3\n"
      "default_process_types:\n  web: bin/rails server -p ${PORT:-5000}\n  rake: \"bin/rake: x\"\n "
      " none:\n");
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->has_addons);
  EXPECT_EQ(info->default_process_types,
            (ProcessTypes{{"web", "bin/rails server -p ${PORT:-5000}"}, {"rake", "bin/rake: x"}}));
  EXPECT_EQ(info->config_vars.at("N"), "3");
}

TEST(ReleaseYaml, WhatIsNoMapIsAnError) {
  EXPECT_FALSE(parse_release_yaml("just text"));
  EXPECT_FALSE(parse_release_yaml("- a"));
  EXPECT_FALSE(parse_release_yaml("default_process_types: web"));
  EXPECT_FALSE(parse_release_yaml("default_process_types:\n  \"a/b\": x"));
  EXPECT_FALSE(parse_release_yaml("default_process_types:\n  web: [a, b]"));
  EXPECT_FALSE(parse_release_yaml("config_vars:\n  \"A;rm\": x"));
  EXPECT_FALSE(parse_release_yaml("{"));
  EXPECT_FALSE(parse_release_yaml(std::string(20'000, '[')));
}

TEST(ConfigVarsScript, LetsConfigVarsWinAndPathGrow) {
  EXPECT_EQ(config_vars_script({{"PATH", "bin:$PATH"}, {"LANG", "en \"x\" `y`"}}),
            "export LANG=\"${LANG:-en \\\"x\\\" \\`y\\`}\"\nexport PATH=\"bin:$PATH\"\n");
  EXPECT_EQ(config_vars_script({}), "");
}

}  // namespace
}  // namespace davit::build
