#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "server/runtimes/version.hpp"

namespace davit::runtimes {

struct Comparator {
  enum class Op { less, less_equal, greater, greater_equal, equal };
  Op op = Op::equal;
  Version version;
  bool admits(const Version& candidate) const;
};

// Which versions are wanted: alternatives of comparators that must all hold. Pure value.
class Range {
 public:
  // npm's grammar (github.com/npm/node-semver, "Ranges"): ">=18 <23", "^1.2", "~1.2", "20.x", "*",
  // "1.2 - 2.3", "a || b", blanks after operators, "v" before numbers, "" for any. Errors name the
  // part that is none.
  static Result<Range> parse(std::string_view text);
  // Python's version specifiers (packaging.python.org, "Version specifiers"): ">=3.9,<4", "~=3.11",
  // "==3.12.*", "!=3.10.0", and a bare "3.12" for its newest patch.
  static Result<Range> parse_python(std::string_view text);
  static Range any();

  // As npm: a pre-release satisfies only where a comparator names a pre-release of the same
  // numbers.
  bool admits(const Version& version) const;
  // No upper bound: what is wanted today and what will be released in ten years.
  bool open_ended() const;
  std::string str() const;

 private:
  std::vector<std::vector<Comparator>> alternatives_;
};

// The greatest that the range admits; nullptr when none does.
const Version* best_of(const std::vector<Version>& versions, const Range& range);

}  // namespace davit::runtimes
