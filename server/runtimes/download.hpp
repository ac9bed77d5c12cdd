#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "server/fetch/fetcher.hpp"
#include "server/runtimes/choice.hpp"
#include "server/runtimes/store_folder.hpp"

namespace davit::runtimes {

// Finds a runtime in the sources' lists and puts it into the store. One thread, which it blocks.
class Downloads {
 public:
  Downloads(Mirrors mirrors, std::map<std::string, std::string> environment, const Clock& clock,
            StoreFolder& store, std::stop_token stop);

  struct Offer {
    std::optional<Candidate> candidate;
    std::vector<std::string> failures;  // why the sources had none, one sentence each
  };
  // The best of the first source that has one.
  Offer find(const Ask& ask);
  Result<> install(const Language& language, const Candidate& candidate);

 private:
  struct Kept {
    Result<std::vector<Candidate>> list;
    SteadyTime until;
  };
  Result<std::vector<Candidate>> list_of(const Listing& listing);
  Result<> unpack_into(const Candidate& candidate, const std::string& folder,
                       const std::string& target);
  Result<> add_npm(const Version& node, const std::string& folder);

  Mirrors mirrors_;
  fetch::Fetcher fetcher_;
  const Clock& clock_;
  StoreFolder& store_;
  std::stop_token stop_;
  std::string machine_;
  std::map<std::string, Kept> lists_;  // by URL
};

// Makes what packages bring start by the name that Language::executable has; fails when it is not
// there. Blocking.
Result<> tidy_up(const Language& language, const std::string& folder);

}  // namespace davit::runtimes
