#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"
#include "server/git/tree_export.hpp"
#include "server/sources/limits.hpp"
#include "server/sources/source.hpp"

namespace davit::sources {

struct SourcesConfig {
  std::string folder;                              // <data>/sources
  std::map<std::string, std::string> environment;  // proxies and authorities, as curl reads them
  std::vector<std::string> allow;  // addresses beside the public internet (fetch::Guard)
  Rules rules;
  std::uint64_t bytes_max = limits::shelf_bytes_max;
};

// A source as it lies on this machine. Read only: copy it.
struct Tree {
  std::string folder;
  std::string version;                     // commit or SHA-256; empty: of a folder of the admin's
  std::vector<git::Submodule> submodules;  // of a repository; not fetched
  std::shared_ptr<const void> lease;       // holds the folder
};

// Gets what apps name: buildpacks, submodules, tarballs of source. Limits on size, files, time and
// redirects; no address of this machine or its private networks (see fetch::Guard) unless the admin
// allows it; repositories and archives are kept, so that one that is pinned to a commit or checksum
// builds without a network. io thread only; the work runs on threads of its own. Cancelling ends a
// download soon.
class Sources {
 public:
  virtual ~Sources() = default;
  virtual const Rules& rules() const = 0;
  // Not of Kind::bundled. Errors name the source: not_found, forbidden, unavailable, timeout,
  // too_large, limit_exceeded, corrupt.
  virtual Task<Result<Tree>> get(Source source) = 0;
  // A whole file from an http or https address that a tenant wrote; `file` must not exist.
  virtual Task<Result<>> download(std::string url, std::string file, std::uint64_t bytes_max) = 0;
  virtual void stop() = 0;
};

// Errors: invalid_argument, of the config.
Result<std::unique_ptr<Sources>> make_sources(SourcesConfig config);

}  // namespace davit::sources
