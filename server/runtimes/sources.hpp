#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/runtimes/runtime.hpp"

// Where runtimes can be downloaded from, and what those places write. Pure: text in, candidates
// out.
namespace davit::runtimes {

// Base addresses; nullopt: that source is off.
struct Mirrors {
  std::optional<std::string> node = "https://nodejs.org/dist";
  std::optional<std::string> npm = "https://registry.npmjs.org";
  std::optional<std::string> python =
      "https://github.com/astral-sh/python-build-standalone/releases";
  std::optional<std::string> go = "https://go.dev/dl";
  std::optional<std::string> java = "https://api.adoptium.net/v3";
};

// A packed runtime that could be had. Never unpacked without a checksum.
struct Candidate {
  Version version;
  std::string url;
  std::string integrity;      // "sha512-…"; or
  std::string sha256;         // in hex; or
  std::string checksums_url;  // a list of "HEX  FILE" lines that has it
  std::string source;         // "nodejs.org", "npm", as a pusher may read it
};

// One list of versions.
struct Listing {
  std::string url;
  std::string accept = "*/*";
  std::function<Result<std::vector<Candidate>>(const std::string& text)> parse;
};

// The lists that may have the language, in the order in which they are asked. `machine` as uname(2)
// says it: "x86_64", "aarch64". Empty where nothing is built for it or all is off.
std::vector<Listing> listings_of(const Language& language, const Mirrors& mirrors,
                                 const std::string& machine);

// npm itself, which the registry's Node.js comes without: the one that belongs to it.
std::optional<Listing> npm_listing(const Mirrors& mirrors);
Range npm_range_for(const Version& node);

// nodejs.org: index.json. Errors: corrupt.
Result<std::vector<Candidate>> parse_node_index(const std::string& text, const std::string& base,
                                                const std::string& arch);
// An npm registry's package document.
Result<std::vector<Candidate>> parse_npm_package(const std::string& text);
// SHA256SUMS of a python-build-standalone release.
Result<std::vector<Candidate>> parse_python_sums(const std::string& text, const std::string& base,
                                                 const std::string& machine);
// go.dev/dl/?mode=json
Result<std::vector<Candidate>> parse_go_index(const std::string& text, const std::string& base,
                                              const std::string& arch);

// Adoptium's /assets/latest/LINE/hotspot: the newest Temurin of a line.
Result<std::vector<Candidate>> parse_temurin_assets(const std::string& text);

// The hex digest beside a file's name in a list of checksums.
Result<std::string> checksum_in(const std::string& list, const std::string& file);

}  // namespace davit::runtimes
