#pragma once
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
  // Becomes `git clone`: does not return unless it fails.
  Error become_clone(const std::string& url, const std::string& remote, const std::string& folder);

 private:
  struct Ended {
    int status = 0;
    std::string output;
    std::string errors;
  };
  Result<Ended> run(std::vector<std::string> arguments);

  const Environment& environment_;
};

}  // namespace davit::cli
