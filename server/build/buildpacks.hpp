#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/copy_tree.hpp"
#include "base/result.hpp"
#include "server/sources/source.hpp"

namespace davit::build {

// A buildpack as it lies on this host.
struct Pack {
  std::string name;    // "nodejs": a folder name
  std::string source;  // absolute; empty until what is wanted is fetched
  std::optional<sources::Source> wanted{};
  std::string shown{};                  // as its app names it, without secrets
  std::string version{};                // of what was fetched: a commit or a checksum
  std::shared_ptr<const void> lease{};  // holds what was fetched
  const std::string& title() const { return shown.empty() ? name : shown; }
};

// Names in detection order: one a line, `#` comments. Pure. Errors name the line.
Result<std::vector<std::string>> parse_order(std::string_view text);

// The bundled packs, in the order of <folder>/order. Blocking.
Result<std::vector<Pack>> bundled_packs(const std::string& folder);

// A fresh, writable copy for one build: scripts below bin/ made executable, no `export` of an
// earlier build. Blocking.
Result<> copy_pack(const Pack& pack, const std::string& target, const CopyOptions& options);

}  // namespace davit::build
