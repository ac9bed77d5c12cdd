#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::runtimes {

// A version by the rules of semver.org 2.0.0, as npm orders them. Build metadata is read and
// dropped. Pure value.
struct Version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::vector<std::string> pre;  // "rc", "1"; empty for a final version

  // "1.2.3-rc.1+build", with a leading "v" or "=" and blanks around it. nullopt for anything else.
  static std::optional<Version> parse(std::string_view text);
  // The first thing in a line that looks like a version: "Python 3.13.0rc1", "go1.22", "v20.1.0".
  // Parts that are missing are 0.
  static std::optional<Version> find_in(std::string_view line);

  std::string str() const;
  bool same_numbers(const Version& other) const {
    return major == other.major && minor == other.minor && patch == other.patch;
  }
  std::strong_ordering operator<=>(const Version& other) const;  // semver.org, rule 11
  bool operator==(const Version& other) const = default;
};

}  // namespace davit::runtimes
