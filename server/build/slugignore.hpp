#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace davit::build {

// The patterns of a `.slugignore`. Pure, any thread.
// One glob a line (`*`, `?`, `[a-z]`, `**`, `\` quotes); blank lines and `#` lines are skipped; no
// `!` negation. A pattern that begins with a slash starts at the root, any other matches at any
// depth, with slashes within too (unlike git's); a slash at the end means folders only. A match
// takes a folder with everything in it.
class SlugIgnore {
 public:
  SlugIgnore() = default;  // matches nothing
  static Result<SlugIgnore> parse(std::string_view text);

  bool empty() const { return patterns_.empty(); }
  // `path` relative to the root, without a leading slash.
  bool matches(std::string_view path, bool is_directory) const;

 private:
  struct Pattern {
    std::vector<std::string> segments;
    bool directories_only = false;
  };
  std::vector<Pattern> patterns_;
};

// Shell glob within one path segment; linear in time for any pattern. For tests.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace davit::build
