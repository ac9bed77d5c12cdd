#include "server/git/ref_repair.hpp"

#include <git2.h>

#include <memory>

namespace davit::git {
namespace {

template <auto free_function>
struct Deleter {
  template <class Object>
  void operator()(Object* object) const {
    free_function(object);
  }
};

// libgit2 counts its users; nobody else may have started it yet.
class Library {
 public:
  Library() { git_libgit2_init(); }
  ~Library() { git_libgit2_shutdown(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

Error git_failure(const char* what) {
  const git_error* error = git_error_last();
  return fail(Errc::io, "{}: {}", what, error == nullptr ? "no reason given" : error->message);
}

}  // namespace

Result<> reset_ref(const std::string& path, const std::string& ref, const CommitId& from,
                   const CommitId& to) {
  const Library library;
  git_repository* opened = nullptr;
  const int rc = git_repository_open_bare(&opened, path.c_str());
  if (rc == GIT_ENOTFOUND) return {};
  if (rc != 0) return git_failure("open repository");
  const std::unique_ptr<git_repository, Deleter<git_repository_free>> repository(opened);
  git_oid old_id, new_id;
  if (git_oid_fromstr(&old_id, from.str().c_str()) != 0) return git_failure("read commit id");
  git_oid now;
  if (git_reference_name_to_id(&now, opened, ref.c_str()) != 0) return {};
  if (git_oid_equal(&now, &old_id) == 0) return {};
  if (to.empty()) {
    if (git_reference_remove(opened, ref.c_str()) != 0) return git_failure("remove ref");
    return {};
  }
  if (git_oid_fromstr(&new_id, to.str().c_str()) != 0) return git_failure("read commit id");
  git_reference* made = nullptr;
  if (git_reference_create_matching(&made, opened, ref.c_str(), &new_id, 1, &old_id,
                                    "release interrupted") != 0) {
    return git_failure("move ref back");
  }
  git_reference_free(made);
  return {};
}

}  // namespace davit::git
