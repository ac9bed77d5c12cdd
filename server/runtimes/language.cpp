#include <algorithm>

#include "server/runtimes/runtime.hpp"

namespace davit::runtimes {
namespace {

using enum Language::Line;

// Defaults as of November 2026: the newest line with long support, where the language has one.
constexpr Language languages[] = {
    {"node", "Node.js", "bin/node", "lts/*", major, false},
    {"yarn", "Yarn", "bin/yarn", "1.x", major, false},
    {"pnpm", "pnpm", "bin/pnpm", "9.x", major, false},
    {"bun", "Bun", "bin/bun", "1.x", major, false},
    {"deno", "Deno", "bin/deno", "2.x", major, false},
    {"python", "Python", "bin/python3", ">=3.10,<3.14", minor, true},
    {"go", "Go", "bin/go", "1.x", minor, false},
    {"java", "Java", "bin/java", "21.x", major, false},
    {"rust", "Rust", "bin/cargo", "1.x", major, false},
    {"ruby", "Ruby", "bin/ruby", ">=3.1", minor, false},
    {"php", "PHP", "bin/php", "8.x", minor, false},
    {"perl", "Perl", "bin/perl", "5.x", minor, false},
    {"elixir", "Elixir", "bin/elixir", "1.x", minor, false},
};

}  // namespace

const Language* find_language(std::string_view name) {
  const auto found = std::ranges::find(languages, name, &Language::name);
  return found == std::end(languages) ? nullptr : found;
}

Range line_of(const Language& language, const Version& version) {
  const std::string text = language.line == major
                               ? fmt::format("{}.x", version.major)
                               : fmt::format("{}.{}.x", version.major, version.minor);
  return Range::parse(text).value();
}

}  // namespace davit::runtimes
