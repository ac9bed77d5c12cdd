#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/result.hpp"
#include "base/tree_budget.hpp"
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

// What a build wants.
struct Wanted {
  Source source;               // not of Kind::bundled
  std::string who;             // an app: each gets its part of the threads
  TreeBudget::Limits left = {  // of the build's, for the tree
      limits::tree_bytes_max, limits::files_max, limits::disk_reserve_bytes};
};

// A whole file from an http or https address that a tenant wrote.
struct Download {
  std::string url;
  std::string file;  // must not exist
  std::uint64_t bytes_max = 0;
  std::string who;  // a user
  // Before so many bytes more are written; on another thread. An error ends the download.
  std::function<Result<>(std::size_t)> grow;
};

// Gets what apps name: buildpacks, submodules, tarballs of source. Limits on size, files, time and
// redirects; no address of this machine or its private networks (see fetch::Guard) unless the admin
// allows it; repositories and archives are kept, so that one that is pinned to a commit or checksum
// builds without a network. io thread only; the work runs on threads of its own, of which nobody
// holds more than a part. Cancelling ends a download soon.
class Sources {
 public:
  virtual ~Sources() = default;
  virtual const Rules& rules() const = 0;
  // Errors name the source: not_found, forbidden, unavailable, timeout, too_large, limit_exceeded,
  // corrupt.
  virtual Task<Result<Tree>> get(Wanted wanted) = 0;
  virtual Task<Result<>> download(Download wanted) = 0;
  virtual void stop() = 0;
};

// Errors: invalid_argument, of the config.
Result<std::unique_ptr<Sources>> make_sources(SourcesConfig config);

}  // namespace davit::sources
