#include "server/git/repository.hpp"

#include <sys/stat.h>

#include "base/files.hpp"
#include "server/git/git2_handles.hpp"
#include "server/git/limits.hpp"

namespace davit::git {
namespace {

Result<> configure(git_repository* repository) {
  ConfigHandle config;
  DAVIT_TRY(check(git_repository_config(Out(config), repository), "open the repository's config"));
  // No reflog (nobody reads it), no gc behind our back, and fetches by commit id as tools expect.
  DAVIT_TRY(check(git_config_set_bool(config.get(), "core.logAllRefUpdates", 0), "configure"));
  DAVIT_TRY(check(git_config_set_int32(config.get(), "gc.auto", 0), "configure"));
  DAVIT_TRY(check(git_config_set_bool(config.get(), "uploadpack.allowFilter", 1), "configure"));
  return {};
}

Result<RepositoryHandle> open(const std::string& path) {
  RepositoryHandle repository;
  DAVIT_TRY(check(git_repository_open_bare(Out(repository), path.c_str()), "open the repository"));
  return repository;
}

std::string hex_of(const git_oid& id) {
  std::string text(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &id);
  return text;
}

// What a ref is now; all zero when it does not exist.
Result<std::string> current_value(git_repository* repository, const std::string& ref) {
  git_oid id{};
  const int rc = git_reference_name_to_id(&id, repository, ref.c_str());
  if (rc == GIT_ENOTFOUND) return std::string(zero_id);
  DAVIT_TRY(check(rc, "read a ref"));
  return hex_of(id);
}

Result<> apply(git_repository* repository, git_transaction* transaction,
               const RefCommand& command) {
  const auto now = current_value(repository, command.ref);
  if (!now) return now.error();
  if (*now != command.old_id.str()) {
    return fail(Errc::conflict, "'{}' moved meanwhile; fetch first", command.ref);
  }
  if (command.deletes()) {
    return check(git_transaction_remove(transaction, command.ref.c_str()), "delete a ref");
  }
  git_oid id{};
  DAVIT_TRY(check(git_oid_fromstr(&id, command.new_id.str().c_str()), "read an id"));
  return check(git_transaction_set_target(transaction, command.ref.c_str(), &id, nullptr, "push"),
               "set a ref");
}

}  // namespace

// What somebody wrote into ~/.gitconfig is no rule for a server, and that folder may not even be
// readable.
Libgit2User::Libgit2User() {
  git_libgit2_init();
  for (const auto level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
                           GIT_CONFIG_LEVEL_PROGRAMDATA}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, static_cast<int>(level), "");
  }
}
Libgit2User::~Libgit2User() { git_libgit2_shutdown(); }

Result<> create_repository(const std::string& path) {
  struct stat info {};
  if (::stat((path + "/HEAD").c_str(), &info) == 0) return {};
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
  options.mode = 0700;
  options.initial_head = "main";
  RepositoryHandle repository;
  DAVIT_TRY(check(git_repository_init_ext(Out(repository), path.c_str(), &options),
                  "create the repository"));
  return configure(repository.get());
}

Result<Refs> list_refs(const std::string& path) {
  auto repository = open(path);
  if (!repository) return repository.error();
  Refs refs;
  ReferenceHandle head;
  if (git_reference_lookup(Out(head), repository->get(), "HEAD") == 0 &&
      git_reference_type(head.get()) == GIT_REFERENCE_SYMBOLIC) {
    refs.head_target = git_reference_symbolic_target(head.get());
  }
  ReferenceIterator iterator;
  DAVIT_TRY(check(git_reference_iterator_new(Out(iterator), repository->get()), "list the refs"));
  for (;;) {
    ReferenceHandle ref;
    const int rc = git_reference_next(Out(ref), iterator.get());
    if (rc == GIT_ITEROVER) break;
    DAVIT_TRY(check(rc, "list the refs"));
    if (git_reference_type(ref.get()) != GIT_REFERENCE_DIRECT) continue;
    refs.ids.emplace(git_reference_name(ref.get()), hex_of(*git_reference_target(ref.get())));
  }
  return refs;
}

Result<> update_refs(const std::string& path, const std::vector<RefCommand>& commands) {
  auto repository = open(path);
  if (!repository) return repository.error();
  TransactionHandle transaction;
  DAVIT_TRY(check(git_transaction_new(Out(transaction), repository->get()), "begin a transaction"));
  for (const auto& command : commands) {
    DAVIT_TRY(
        check(git_transaction_lock_ref(transaction.get(), command.ref.c_str()), "lock a ref"));
  }
  for (const auto& command : commands) {
    DAVIT_TRY(apply(repository->get(), transaction.get(), command));
  }
  return check(git_transaction_commit(transaction.get()), "update the refs");
}

Result<> point_head(const std::string& path, const std::string& branch) {
  auto refs = list_refs(path);
  if (!refs) return refs.error();
  if (refs->head_target == branch || refs->ids.contains(refs->head_target)) return {};
  auto repository = open(path);
  if (!repository) return repository.error();
  ReferenceHandle head;
  return check(git_reference_symbolic_create(Out(head), repository->get(), "HEAD", branch.c_str(),
                                             1, nullptr),
               "point HEAD at the branch");
}

}  // namespace davit::git
