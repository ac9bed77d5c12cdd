#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/git/receive_pack.hpp"

namespace davit::git {

// Keeps libgit2 initialised; one in every object that calls what is below.
class Libgit2User {
 public:
  Libgit2User();
  ~Libgit2User();
  Libgit2User(const Libgit2User&) = delete;
  Libgit2User& operator=(const Libgit2User&) = delete;
};

// Blocking: worker threads. Every call opens the repository anew: libgit2's handles belong to one
// thread.

// Makes a bare repository with HEAD on main, unless there is one.
Result<> create_repository(const std::string& path);

struct Refs {
  std::map<std::string, std::string> ids;  // full name -> 40 hexadecimal digits; branches and tags
  std::string head_target;                 // "refs/heads/main"; may not exist yet
};
Result<Refs> list_refs(const std::string& path);

// All of them or none, each only where the old value still holds, under git's own lock files.
// conflict: a ref moved.
Result<> update_refs(const std::string& path, const std::vector<RefCommand>& commands);

// HEAD follows the deploy branch when its own branch does not exist: a clone then checks something
// out.
Result<> point_head(const std::string& path, const std::string& branch);

}  // namespace davit::git
