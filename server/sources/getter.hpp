#pragma once
#include <stop_token>
#include <string>

#include "server/fetch/fetcher.hpp"
#include "server/sources/shelf.hpp"
#include "server/sources/sources.hpp"

namespace davit::sources {

// How each kind of source is got. Blocking; any thread. Internal to this folder.
class Getter {
 public:
  Getter(const SourcesConfig& config, fetch::Guard guard);
  Result<Tree> get(const Wanted& wanted, const std::stop_token& stop);
  Result<> download(const Download& wanted, const std::stop_token& stop);

 private:
  // What there is to unpack, in `room`, a folder of the attempt's own.
  struct Attempt {
    std::string location;
    std::string room;
    TreeBudget::Limits left;
    std::stop_token stop;
  };
  Result<Tree> repository(const Wanted& wanted, const std::stop_token& stop);
  Result<Tree> archive(const Wanted& wanted, const std::stop_token& stop);
  Result<Tree> local(const Wanted& wanted, const std::stop_token& stop);
  Result<Tree> local_repository(const Wanted& wanted, const std::string& repository,
                                const std::stop_token& stop);
  Result<Tree> keep_export(const Attempt& attempt, const std::string& repository,
                           const CommitId& commit);
  Result<Tree> keep_archive(const Attempt& attempt, const std::string& file,
                            const std::string& digest);
  const fetch::Fetcher& fetcher(const Source& source) const {
    return source.trusted ? trusting_ : guarded_;
  }

  const SourcesConfig& config_;
  const fetch::Fetcher guarded_;
  const fetch::Fetcher trusting_;
  Shelf shelf_;
};

}  // namespace davit::sources
