#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/output_sink.hpp"
#include "base/random.hpp"
#include "server/runtimes/runtime.hpp"
#include "server/runtimes/sources.hpp"
#include "server/runtimes/store_folder.hpp"
#include "server/runtimes/wish.hpp"

namespace davit::runtimes {

struct RuntimesConfig {
  std::string folder;                 // <data>/runtimes
  std::string inside{inside_folder};  // where builds and dynos see it; at level C the same folder
  std::string stack;                  // host folder of the dynos' system; empty: "/"
  Mirrors mirrors;
  bool use_distribution = true;
  std::uint64_t bytes_max = 0;
  std::map<std::string, std::string> environment;  // [build.env]: proxies, certificate authorities
};

// What a build needs to choose.
struct Choice {
  std::vector<Wish> wishes;
  std::map<std::string, Version> last;  // by language: what the app's last release had
  std::vector<Found> found;             // of the distribution
};

// The one place that decides on runtimes and brings them here. io thread only; its own thread does
// what takes time, one thing after the other: two builds never download the same.
class Runtimes {
 public:
  virtual ~Runtimes() = default;
  // One runtime for each wish, in order. Tells the pusher where each comes from. Errors: not_found
  // (the text lists what is there), invalid_argument (a range that is none). Cancel: at once; a
  // download that runs goes on, and what it brings stays, for the next push.
  virtual Task<Result<std::vector<Runtime>>> choose(Choice choice, OutputSink& output) = 0;
  virtual bool uses_distribution() const = 0;

  // The admin's. `range`: the best that can be downloaded.
  virtual Task<std::vector<Stored>> list() = 0;
  virtual Task<Result<Stored>> download(const Language& language, std::string range) = 0;
  // A copy of a folder that every dyno may read: below /usr or /opt. The version is read from the
  // files that vendors put there, where it is not given.
  virtual Task<Result<Stored>> copy_folder(const Language& language, std::string folder,
                                           std::string version) = 0;
  virtual Task<Result<>> remove(const Language& language, Version version) = 0;
  // Keeps the store within its budget; `referenced` are the runtimes of releases that can run.
  virtual Task<> sweep(std::set<RuntimeName> referenced) = 0;

  // Whether the distribution's executable is another one than when `identity` was taken, or gone.
  // Any thread; looks at one file.
  virtual bool has_changed(const std::string& executable, const std::string& identity) const = 0;

  // Ends downloads; what waits for them gets cancelled. Before its io thread's loop ends.
  virtual void stop() = 0;
};

std::unique_ptr<Runtimes> make_runtimes(RuntimesConfig config, const Clock& clock, Random& random);

}  // namespace davit::runtimes
