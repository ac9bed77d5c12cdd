#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "cli/environment.hpp"

namespace davit::cli {

// The user's git, run as a program. Blocking.
class Git {
 public:
  explicit Git(const Environment& environment) : environment_(environment) {}

  struct Remote {
    std::string name;
    std::string url;
  };
  // Empty outside a repository.
  Result<std::vector<Remote>> remotes();
  bool in_repository();
  // Adds the remote, or points it to the URL.
  Result<> set_remote(const std::string& name, const std::string& url);
  Result<> remove_remote(const std::string& name);
  // Global config: the helper that git asks for passwords of this server. Earlier helpers are reset
  // for it, so that none of them stores the key a second time.
  Result<> set_credential_helper(const std::string& server_url);
  Result<> unset_credential_helper(const std::string& server_url);
  // Files below the folder as git sees them: known to it or new, without what .gitignore names;
  // paths from the folder. Works outside a repository too. Without git: every file.
  Result<std::vector<std::string>> source_files(const std::filesystem::path& folder);
  // "1a2b3c4", "v1.2-3-g1a2b3c4-dirty": the commit that the folder is at; empty outside a
  // repository.
  std::string describe(const std::filesystem::path& folder);
  // Becomes `git clone`: does not return unless it fails.
  Error become_clone(const std::string& url, const std::string& remote, const std::string& folder);

 private:
  struct Ended {
    int status = 0;
    std::string output;
    std::string errors;
  };
  Result<Ended> run(std::vector<std::string> arguments, std::size_t output_max = 1024 * 1024);

  const Environment& environment_;
};

}  // namespace davit::cli
