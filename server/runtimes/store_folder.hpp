#pragma once
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "server/runtimes/runtime.hpp"

namespace davit::runtimes {

using RuntimeName = std::pair<std::string, std::string>;  // language, version

struct Stored {
  std::string language;
  Version version;
  bool pinned = false;  // an admin added it: stays until an admin removes it
  WallTime used_at;
  std::uint64_t bytes = 0;  // only from list_with_sizes()
};

// <folder>/<language>/<version>/: complete, unchanging runtimes. Each comes in one step, so that
// what is there is whole, whatever crashes. Written by davitd alone: builds and dynos see a runtime
// through a read-only mount. One thread at a time.
class StoreFolder {
 public:
  StoreFolder(std::string folder, const Clock& clock, Random& random)
      : folder_(std::move(folder)), clock_(clock), random_(random) {}

  std::string path_of(const std::string& language, const Version& version) const {
    return folder_ + "/" + language + "/" + version.str();
  }
  std::vector<Stored> list() const;  // what does not look like a runtime is passed over
  std::vector<Stored> list_with_sizes() const;

  // `fill` makes the runtime's content in the empty folder it is given. conflict when it is there
  // already.
  using Fill = std::function<Result<>(const std::string& folder)>;
  Result<> add(const std::string& language, const Version& version, const Fill& fill);
  Result<> pin(const std::string& language, const Version& version);
  Result<> remove(const std::string& language, const Version& version);  // not_found
  void mark_used(const std::string& language, const Version& version) const;

  // What unfinished additions left.
  void clean_leftovers() const;
  // Removes runtimes that are neither pinned nor in `referenced` nor used lately, those first whose
  // use is longest ago, until all take at most `bytes_max`. Returns what went.
  std::vector<RuntimeName> sweep(const std::set<RuntimeName>& referenced, std::uint64_t bytes_max);

 private:
  std::string folder_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace davit::runtimes
