#include "server/git/connectivity.hpp"

#include <cstring>
#include <unordered_set>

#include "base/encoding.hpp"
#include "server/git/objects.hpp"

namespace davit::git {
namespace {

// A walk visits each object once; more than this is no source tree.
constexpr std::size_t visits_max = 10'000'000;
constexpr std::size_t tree_depth_max = 512;

struct IdHash {
  std::size_t operator()(const git_oid& id) const {
    std::size_t hash = 0;
    std::memcpy(&hash, id.id, sizeof hash);  // SHA-1: as good as random
    return hash;
  }
};
struct IdEqual {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_equal(&a, &b) != 0; }
};

std::string short_id(const git_oid& id) {
  std::string text(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &id);
  return text.substr(0, 12);
}

class Walk {
 public:
  explicit Walk(const std::atomic<bool>& stop) : stop_(stop) {}
  Result<> open(const std::string& repository, const std::string& quarantine);
  Result<> add_tip(const RefCommand& command);
  Result<> run();

 private:
  Result<> visit_tree(const git_oid& id, std::size_t depth);
  Result<> check_entry(const git_tree_entry* entry, const git_oid& tree, std::size_t depth);
  using Seen = std::unordered_set<git_oid, IdHash, IdEqual>;
  Result<bool> first_visit(Seen& seen, const git_oid& id);

  const std::atomic<bool>& stop_;
  Objects objects_;
  WalkHandle commits_;
  // Apart, so that no blob passes as a tree because it was seen before.
  Seen trees_;
  Seen blobs_;
};

Result<> Walk::open(const std::string& repository, const std::string& quarantine) {
  auto objects = open_objects(repository, quarantine);
  if (!objects) return std::move(objects).error();
  objects_ = std::move(*objects);
  DAVIT_TRY(
      check(git_revwalk_new(Out(commits_), objects_.repository.get()), "begin the history check"));
  ReferenceIterator refs;
  DAVIT_TRY(
      check(git_reference_iterator_new(Out(refs), objects_.repository.get()), "list the refs"));
  for (;;) {
    ReferenceHandle ref;
    const int rc = git_reference_next(Out(ref), refs.get());
    if (rc == GIT_ITEROVER) return {};
    DAVIT_TRY(check(rc, "list the refs"));
    ObjectHandle commit;
    if (git_reference_peel(Out(commit), ref.get(), GIT_OBJECT_COMMIT) != 0) continue;
    DAVIT_TRY(check(git_revwalk_hide(commits_.get(), git_object_id(commit.get())),
                    "begin the history check"));
  }
}

Result<bool> Walk::first_visit(Seen& seen, const git_oid& id) {
  if (stop_.load()) return fail(Errc::cancelled, "the check of the push was stopped");
  if (seen.size() >= visits_max) {
    return fail(Errc::limit_exceeded, "the push reaches more than {} objects", visits_max);
  }
  return seen.insert(id).second;
}

Result<> Walk::add_tip(const RefCommand& command) {
  git_oid id{};
  DAVIT_TRY(check(git_oid_fromstr(&id, command.new_id.str().c_str()), "read an id"));
  const auto shown = printable(command.ref, 80);
  const bool branch = command.ref.starts_with("refs/heads/");
  for (int depth = 0; depth < 16; ++depth) {
    ObjectHandle object;
    if (git_object_lookup(Out(object), objects_.repository.get(), &id, GIT_OBJECT_ANY) != 0) {
      return fail(Errc::corrupt, "'{}': object {} is missing or broken", shown, short_id(id));
    }
    const auto type = git_object_type(object.get());
    if (branch && type != GIT_OBJECT_COMMIT) {
      return fail(Errc::corrupt, "'{}' must point at a commit", shown);
    }
    if (type == GIT_OBJECT_COMMIT) {
      return check(git_revwalk_push(commits_.get(), &id), "begin the history check");
    }
    if (type == GIT_OBJECT_TREE) return visit_tree(id, 0);
    if (type != GIT_OBJECT_TAG) return {};
    id = *git_tag_target_id(reinterpret_cast<git_tag*>(object.get()));
  }
  return fail(Errc::corrupt, "'{}': too many tags of tags", shown);
}

Result<> Walk::check_entry(const git_tree_entry* entry, const git_oid& tree, std::size_t depth) {
  const std::string_view name = git_tree_entry_name(entry);
  if (!is_safe_name(name)) {
    return fail(Errc::corrupt, "tree {} holds the forbidden name '{}'", short_id(tree),
                printable(name, 80));
  }
  const git_oid& id = *git_tree_entry_id(entry);
  const auto type = git_tree_entry_type(entry);
  if (type == GIT_OBJECT_COMMIT) return {};  // a submodule's commit is in another repository
  if (type == GIT_OBJECT_TREE) return visit_tree(id, depth + 1);
  const auto first = first_visit(blobs_, id);
  if (!first) return first.error();
  if (*first && git_odb_exists_ext(objects_.odb.get(), &id, GIT_ODB_LOOKUP_NO_REFRESH) == 0) {
    return fail(Errc::corrupt, "object {} of file '{}' is missing", short_id(id),
                printable(name, 80));
  }
  return {};
}

Result<> Walk::visit_tree(const git_oid& id, std::size_t depth) {
  const auto first = first_visit(trees_, id);
  if (!first) return first.error();
  if (!*first) return {};
  if (depth > tree_depth_max) return fail(Errc::limit_exceeded, "folders are nested too deep");
  TreeHandle tree;
  if (git_tree_lookup(Out(tree), objects_.repository.get(), &id) != 0) {
    return fail(Errc::corrupt, "tree {} is missing or broken", short_id(id));
  }
  const std::size_t count = git_tree_entrycount(tree.get());
  for (std::size_t i = 0; i < count; ++i) {
    DAVIT_TRY(check_entry(git_tree_entry_byindex(tree.get(), i), id, depth));
  }
  return {};
}

Result<> Walk::run() {
  for (;;) {
    git_oid id{};
    const int rc = git_revwalk_next(&id, commits_.get());
    if (rc == GIT_ITEROVER) return {};
    CommitHandle commit;
    if (rc != 0 || git_commit_lookup(Out(commit), objects_.repository.get(), &id) != 0) {
      return fail(Errc::corrupt, "the history of the push is not complete: a parent is missing");
    }
    if (stop_.load()) return fail(Errc::cancelled, "the check of the push was stopped");
    DAVIT_TRY(visit_tree(*git_commit_tree_id(commit.get()), 0));
  }
}

}  // namespace

Result<> check_connectivity(const std::string& repository, const std::string& quarantine,
                            const std::vector<RefCommand>& commands,
                            const std::atomic<bool>& stop) {
  Walk walk(stop);
  DAVIT_TRY(walk.open(repository, quarantine));
  for (const auto& command : commands) {
    if (!command.deletes()) DAVIT_TRY(walk.add_tip(command));
  }
  return walk.run();
}

}  // namespace davit::git
