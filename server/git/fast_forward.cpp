#include "server/git/fast_forward.hpp"

#include "server/git/git2_handles.hpp"

namespace davit::git {

Result<bool> descends(const std::string& repository, const std::string& quarantine,
                      const CommitId& commit, const CommitId& ancestor) {
  RepositoryHandle opened;
  DAVIT_TRY(check(git_repository_open_bare(Out(opened), repository.c_str()), "open the repository"));
  OdbHandle objects;
  DAVIT_TRY(check(git_repository_odb(Out(objects), opened.get()), "open the objects"));
  if (!quarantine.empty()) {
    DAVIT_TRY(check(git_odb_add_disk_alternate(objects.get(), quarantine.c_str()),
                    "open the pushed objects"));
  }
  git_oid commit_id, ancestor_id;
  DAVIT_TRY(check(git_oid_fromstr(&commit_id, commit.str().c_str()), "read a commit id"));
  DAVIT_TRY(check(git_oid_fromstr(&ancestor_id, ancestor.str().c_str()), "read a commit id"));
  const int rc = git_graph_descendant_of(opened.get(), &commit_id, &ancestor_id);
  DAVIT_TRY(check(rc, "compare histories"));
  return rc == 1;
}

}  // namespace davit::git
