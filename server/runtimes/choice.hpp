#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "server/runtimes/runtime.hpp"
#include "server/runtimes/sources.hpp"
#include "server/runtimes/store_folder.hpp"
#include "server/runtimes/wish.hpp"

// Which runtime a wish gets. Pure.
namespace davit::runtimes {

struct Ask {
  const Language* language = nullptr;
  Range range = Range::any();
  std::optional<std::uint64_t> major_max;  // open ranges end at the newest long-term line
  std::string text;                        // "engines.node \">=18\"", "no version asked for"
  bool wished = false;
};

struct Shelf {
  std::vector<Stored> stored;
  std::vector<Found> found;  // of the distribution; empty where its runtimes are not to be used
};

// From the wish and what the app had in its last release. invalid_argument for a range that is
// none.
Result<Ask> make_ask(const Wish& wish, const std::optional<Version>& last, WallTime now);

// The next ask when nothing answers one that was not wished for: the language's default, then
// anything.
std::vector<Ask> weaker_asks(const Ask& ask, WallTime now);

bool admits(const Ask& ask, const Version& version);
// The store's, else the distribution's.
std::optional<Runtime> pick(const Ask& ask, const Shelf& shelf);
// The best that could be downloaded.
const Candidate* pick(const Ask& ask, const std::vector<Candidate>& candidates);

// What a pusher should know: lines for " !     ".
std::vector<std::string> warnings(const Ask& ask, const Version& chosen, WallTime now);
// Nothing answers: what was asked for and what is there.
Error nothing_found(const Ask& ask, const Shelf& shelf, const std::vector<std::string>& failures);

}  // namespace davit::runtimes
