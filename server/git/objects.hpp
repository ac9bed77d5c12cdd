#pragma once
#include <string>
#include <string_view>

#include "server/git/git2_handles.hpp"

// What more than one user of a repository's objects needs. Worker threads.
namespace davit::git {

struct Objects {
  RepositoryHandle repository;
  OdbHandle odb;
};

// `quarantine` is an objects folder to look in as well; empty: none.
Result<Objects> open_objects(const std::string& repository, const std::string& quarantine);

// Whether a tree may hold the name: git itself refuses to check out the others, and they would mean
// another place than a file of the folder.
bool is_safe_name(std::string_view name);

}  // namespace davit::git
