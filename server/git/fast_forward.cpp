#include "server/git/fast_forward.hpp"

#include "server/git/objects.hpp"

namespace davit::git {

Result<bool> descends(const std::string& repository, const std::string& quarantine,
                      const CommitId& commit, const CommitId& ancestor) {
  const auto objects = open_objects(repository, quarantine);
  if (!objects) return objects.error();
  git_oid commit_id, ancestor_id;
  DAVIT_TRY(check(git_oid_fromstr(&commit_id, commit.str().c_str()), "read a commit id"));
  DAVIT_TRY(check(git_oid_fromstr(&ancestor_id, ancestor.str().c_str()), "read a commit id"));
  const int rc = git_graph_descendant_of(objects->repository.get(), &commit_id, &ancestor_id);
  DAVIT_TRY(check(rc, "compare histories"));
  return rc == 1;
}

}  // namespace davit::git
