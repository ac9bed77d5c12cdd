#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "server/runtimes/limits.hpp"

// The words of a version range. Internal to this folder. Pure.
namespace davit::runtimes::parts {

// "1.x": one part is given. Those that are not are 0.
struct Partial {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::vector<std::string> pre;
  int given = 0;  // 0: "*"
};

// nullopt when it is none. Everything after an x is x.
std::optional<Partial> parse_partial(std::string_view text);

// Blanks between an operator and its version do not count: ">= 1.2" is one word.
std::vector<std::string> words_of(std::string_view text);

// Takes "<", "<=", ">", ">=", "=", "==", "===", "!=", "~", "~>", "~=", "^" off; empty when there is
// none.
std::string_view take_operator(std::string_view& text);

Error no_range(std::string_view text);

}  // namespace davit::runtimes::parts
