#include "server/sources/getter.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "server/archive/digest.hpp"
#include "server/archive/unpack.hpp"
#include "server/git/remote_repository.hpp"

namespace davit::sources {
namespace {

constexpr std::string_view tree_name = "/tree";
constexpr std::string_view submodules_name = "/submodules";

// Removes what a failed attempt leaves.
class Room {
 public:
  explicit Room(std::string path) : path_(std::move(path)) {}
  ~Room() {
    const Result<> removed = remove_tree(path_);
    if (!removed) log::warning("a download stays", {{"error", removed.error().message}});
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

git::PushLimits repository_limits() {
  git::PushLimits chosen;
  chosen.pack_bytes_max = limits::download_bytes_max;
  chosen.object_bytes_max = limits::object_bytes_max;
  chosen.objects_max = limits::objects_max;
  chosen.unpacked_bytes_max = limits::objects_bytes_max;
  chosen.disk_reserve_bytes = limits::disk_reserve_bytes;
  return chosen;
}

// "<commit> <path>", ended by a zero: the one byte that no name in a tree can hold.
Result<> write_submodules(const std::string& entry, const std::vector<git::Submodule>& list) {
  std::string text;
  for (const git::Submodule& one : list) text += one.commit + " " + one.path + '\0';
  return write_file_atomic(entry + std::string(submodules_name), text, 0600);
}

// What is unpacked, beside what is fetched: the folder's own disk has room for both.
TreeBudget budget_of(const std::string& folder, TreeBudget::Limits left) {
  left.disk_reserve_bytes = std::max(left.disk_reserve_bytes, limits::disk_reserve_bytes);
  return {folder, left};
}

bool stays_below(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

Result<Tree> tree_of(Shelf::Item item, std::string version) {
  Tree tree;
  tree.folder = item.folder + std::string(tree_name);
  tree.version = std::move(version);
  tree.lease = std::move(item.lease);
  auto text = read_file(item.folder + std::string(submodules_name), 1 << 20);
  if (!text) return text.error().code == Errc::not_found ? Result<Tree>(tree) : text.error();
  std::string_view left = *text;
  while (!left.empty()) {
    const std::string_view one = left.substr(0, left.find('\0'));
    left.remove_prefix(std::min(left.size(), one.size() + 1));
    const bool whole = one.size() >= 42 && git::is_commit_id(one.substr(0, 40)) && one[40] == ' ' &&
                       stays_below(one.substr(41));
    if (!whole) return fail(Errc::corrupt, "what is kept of it has no list of submodules");
    tree.submodules.push_back({std::string(one.substr(41)), std::string(one.substr(0, 40))});
  }
  return tree;
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_bare_repository(const std::string& path) {
  return is_folder(path + "/objects") && is_folder(path + "/refs");
}

// Both with their links resolved: a link must not lead out of what the admin allows.
bool lies_below(const std::string& path, const std::vector<std::string>& folders) {
  return std::ranges::any_of(folders, [&](const std::string& folder) {
    const std::unique_ptr<char, void (*)(void*)> real(::realpath(folder.c_str(), nullptr),
                                                      std::free);
    if (!real) return false;
    const std::string root = real.get();
    return path == root || path.starts_with(root == "/" ? root : root + "/");
  });
}

}  // namespace

Getter::Getter(const SourcesConfig& config, fetch::Guard guard)
    : config_(config),
      guarded_(config.environment, std::move(guard)),
      trusting_(config.environment),
      shelf_(config.folder, config.bytes_max) {}

Result<Tree> Getter::get(const Wanted& wanted, const std::stop_token& stop) {
  switch (wanted.source.kind) {
    case Source::Kind::git: return repository(wanted, stop);
    case Source::Kind::archive: return archive(wanted, stop);
    case Source::Kind::local: return local(wanted, stop);
    case Source::Kind::bundled: break;
  }
  return fail(Errc::internal, "'{}' is not fetched", wanted.source.shown);
}

Result<> Getter::download(const Download& wanted, const std::stop_token& stop) {
  auto file = open_file(wanted.file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!file) return std::move(file).error();
  fetch::FetchRequest request;
  request.url = wanted.url;
  request.bytes_max = wanted.bytes_max;
  request.time_limit = limits::time_limit;
  const auto take = [&](std::string_view bytes) -> Result<> {
    DAVIT_TRY(wanted.grow(bytes.size()));
    return write_all(file->get(), bytes);
  };
  return guarded_.get(request, take, stop);
}

Result<Tree> Getter::repository(const Wanted& wanted, const std::stop_token& stop) {
  const Source& source = wanted.source;
  const auto kept = [&](const std::string& commit) {
    return shelf_.find(shelf_key(source.location, commit));
  };
  if (git::is_commit_id(source.ref)) {
    if (auto item = kept(source.ref)) return tree_of(std::move(*item), source.ref);
  }
  git::RemoteRequest request{source.location, source.ref, repository_limits(), limits::time_limit};
  auto found = git::look_up(fetcher(source), request, stop);
  if (!found) return std::move(found).error();
  if (!found->commit.empty()) {
    if (auto item = kept(found->commit)) return tree_of(std::move(*item), found->commit);
  }
  auto made = shelf_.incoming();
  if (!made) return std::move(made).error();
  const Room room(std::move(*made));
  const std::string repository = room.path() + "/repository.git";
  auto commit = git::download(fetcher(source), request, *found, repository, stop);
  if (!commit) return std::move(commit).error();
  return keep_export({source.location, room.path(), wanted.left, stop}, repository, *commit);
}

Result<Tree> Getter::keep_export(const Attempt& attempt, const std::string& repository,
                                 const CommitId& commit) {
  const std::string entry = attempt.room + "/entry";
  DAVIT_TRY(make_directories(entry, 0700));
  TreeBudget budget = budget_of(attempt.room, attempt.left);
  git::ExportRequest wanted;
  wanted.source = {repository, "", commit};
  wanted.target = entry + std::string(tree_name);
  wanted.limits = {limits::files_max, limits::tree_bytes_max, limits::depth_max};
  wanted.stop = attempt.stop;
  wanted.budget = &budget;
  auto exported = git::export_tree(wanted);
  if (!exported) return std::move(exported).error();
  DAVIT_TRY(write_submodules(entry, exported->submodules));
  auto item = shelf_.put(shelf_key(attempt.location, commit.str()), entry);
  if (!item) return std::move(item).error();
  return tree_of(std::move(*item), commit.str());
}

Result<Tree> Getter::archive(const Wanted& wanted, const std::stop_token& stop) {
  const Source& source = wanted.source;
  if (!source.ref.empty()) {
    auto item = shelf_.find(shelf_key(source.location, source.ref));
    if (item) return tree_of(std::move(*item), source.ref);
  }
  auto made = shelf_.incoming();
  if (!made) return std::move(made).error();
  const Room room(std::move(*made));
  const std::string file = room.path() + "/archive";
  auto opened = open_file(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!opened) return std::move(opened).error();
  // What is fetched is not the build's yet: this bounds it by the disk alone.
  TreeBudget budget(room.path(), {limits::download_bytes_max, 1, limits::disk_reserve_bytes});
  fetch::FetchRequest request;
  request.url = source.location;
  request.bytes_max = limits::download_bytes_max;
  request.time_limit = limits::time_limit;
  const auto take = [&](std::string_view bytes) -> Result<> {
    DAVIT_TRY(budget.take_bytes(bytes.size()));
    return write_all(opened->get(), bytes);
  };
  DAVIT_TRY(fetcher(source).get(request, take, stop));
  return keep_archive({source.location, room.path(), wanted.left, stop}, file, source.ref);
}

Result<Tree> Getter::keep_archive(const Attempt& attempt, const std::string& file,
                                  const std::string& digest) {
  if (!digest.empty()) {
    const auto wanted = archive::Digest::from_hex(digest);
    if (!wanted) return wanted.error();
    DAVIT_TRY(wanted->check(file, attempt.stop));
  }
  const auto actual = archive::Digest::sha256_of(file, attempt.stop);
  if (!actual) return actual.error();
  const std::string version = actual->str().substr(actual->str().find(':') + 1);
  const std::string key = shelf_key(attempt.location, version);
  if (auto item = shelf_.find(key)) return tree_of(std::move(*item), version);
  const std::string entry = attempt.room + "/entry";
  TreeBudget budget = budget_of(attempt.room, attempt.left);
  archive::UnpackRequest wanted;
  wanted.file = file;
  wanted.target = entry + std::string(tree_name);
  wanted.entries_max = limits::files_max;
  wanted.bytes_max = limits::tree_bytes_max;
  wanted.depth_max = limits::depth_max;
  wanted.stop = attempt.stop;
  wanted.budget = &budget;
  DAVIT_TRY(make_directories(wanted.target, 0755));
  DAVIT_TRY(archive::unpack(wanted));
  auto item = shelf_.put(key, entry);
  if (!item) return std::move(item).error();
  return tree_of(std::move(*item), version);
}

Result<Tree> Getter::local(const Wanted& wanted, const std::stop_token& stop) {
  const Source& source = wanted.source;
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(source.location.c_str(), nullptr),
                                                    std::free);
  const std::string path = real ? real.get() : "";
  // One answer for what is not there and what is not allowed: nobody learns what this machine has.
  if (path.empty() || (!source.trusted && !lies_below(path, config_.rules.local))) {
    return fail(Errc::forbidden,
                "folders of this server may be named only where an admin allows it: [sources] "
                "local = [\"/srv/buildpacks\"] in davit.toml");
  }
  if (is_archive_name(path)) {
    auto made = shelf_.incoming();
    if (!made) return std::move(made).error();
    const Room room(std::move(*made));
    return keep_archive({"file://" + path, room.path(), wanted.left, stop}, path, source.ref);
  }
  if (is_bare_repository(path)) return local_repository(wanted, path, stop);
  if (!source.ref.empty()) return local_repository(wanted, path + "/.git", stop);
  if (!is_folder(path)) return fail(Errc::not_found, "it is neither a folder nor an archive");
  Tree tree;
  tree.folder = path;
  return tree;
}

Result<Tree> Getter::local_repository(const Wanted& wanted, const std::string& repository,
                                      const std::stop_token& stop) {
  const auto commit = git::local_commit(repository, wanted.source.ref);
  if (!commit) return commit.error();
  const std::string location = "file://" + repository;
  if (auto item = shelf_.find(shelf_key(location, commit->str()))) {
    return tree_of(std::move(*item), commit->str());
  }
  auto made = shelf_.incoming();
  if (!made) return std::move(made).error();
  const Room room(std::move(*made));
  return keep_export({location, room.path(), wanted.left, stop}, repository, *commit);
}

}  // namespace davit::sources
