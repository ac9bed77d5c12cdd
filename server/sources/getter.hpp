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
  Result<Tree> get(const Source& source, std::stop_token stop);
  Result<> download(const std::string& url, const std::string& file, std::uint64_t bytes_max,
                    std::stop_token stop);

 private:
  Result<Tree> repository(const Source& source, std::stop_token stop);
  Result<Tree> archive(const Source& source, std::stop_token stop);
  Result<Tree> local(const Source& source);
  Result<Tree> local_repository(const Source& source, const std::string& repository);
  Result<Tree> keep_export(const std::string& location, const std::string& repository,
                           const CommitId& commit, const std::string& room);
  Result<Tree> keep_archive(const std::string& location, const std::string& file,
                            const std::string& digest, const std::string& room);
  const fetch::Fetcher& fetcher(const Source& source) const {
    return source.trusted ? trusting_ : guarded_;
  }

  const SourcesConfig& config_;
  const fetch::Fetcher guarded_;
  const fetch::Fetcher trusting_;
  Shelf shelf_;
};

}  // namespace davit::sources
