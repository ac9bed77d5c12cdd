#include "server/git/objects.hpp"

namespace davit::git {
namespace {

bool is_dot_git(std::string_view name) {
  return name.size() == 4 && name[0] == '.' && (name[1] | 32) == 'g' && (name[2] | 32) == 'i' &&
         (name[3] | 32) == 't';
}

}  // namespace

Result<Objects> open_objects(const std::string& repository, const std::string& quarantine) {
  Objects objects;
  DAVIT_TRY(check(git_repository_open_bare(Out(objects.repository), repository.c_str()),
                  "open the repository"));
  DAVIT_TRY(
      check(git_repository_odb(Out(objects.odb), objects.repository.get()), "open the objects"));
  if (!quarantine.empty()) {
    DAVIT_TRY(check(git_odb_add_disk_alternate(objects.odb.get(), quarantine.c_str()),
                    "open the pushed objects"));
  }
  return objects;
}

bool is_safe_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && !is_dot_git(name) &&
         name.find('/') == std::string_view::npos;
}

}  // namespace davit::git
