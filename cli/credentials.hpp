#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/result.hpp"
#include "cli/server_url.hpp"

namespace davit::cli {

struct Account {
  std::string email;
  std::string token;
  std::set<std::string> git_servers;  // where this server's repositories are, if elsewhere: its
                                      // token serves there too
};

// Who one is at which server: <config>/davit/credentials.json, mode 0600, replaced in one step.
struct Credentials {
  std::string default_server;               // ServerUrl::str() of the last login
  std::map<std::string, Account> accounts;  // by ServerUrl::str()

  // A missing file is empty; a broken one is corrupt and names the file.
  static Result<Credentials> load(const std::filesystem::path& config_dir);
  Result<> save(const std::filesystem::path& config_dir) const;

  // The server that owns this address: itself, or one whose repositories are there.
  std::optional<std::string> server_at(const ServerUrl& address) const;
};

}  // namespace davit::cli
