#include "server/git/ref_repair.hpp"

#include "server/git/git2_handles.hpp"
#include "server/git/repository.hpp"

namespace davit::git {

Result<> reset_ref(const std::string& path, const std::string& ref, const CommitId& from,
                   const CommitId& to) {
  const Libgit2User library;  // at start nobody else may use it yet
  RepositoryHandle repository;
  const int rc = git_repository_open_bare(Out(repository), path.c_str());
  if (rc == GIT_ENOTFOUND) return {};
  DAVIT_TRY(check(rc, "open the repository"));
  git_oid old_id, now;
  DAVIT_TRY(check(git_oid_fromstr(&old_id, from.str().c_str()), "read a commit id"));
  if (git_reference_name_to_id(&now, repository.get(), ref.c_str()) != 0) return {};
  if (git_oid_equal(&now, &old_id) == 0) return {};
  if (to.empty()) {
    return check(git_reference_remove(repository.get(), ref.c_str()), "remove the ref");
  }
  git_oid new_id;
  DAVIT_TRY(check(git_oid_fromstr(&new_id, to.str().c_str()), "read a commit id"));
  ReferenceHandle moved;
  return check(git_reference_create_matching(Out(moved), repository.get(), ref.c_str(), &new_id, 1,
                                             &old_id, "release interrupted"),
               "move the ref back");
}

}  // namespace davit::git
