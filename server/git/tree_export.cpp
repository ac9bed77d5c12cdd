#include "server/git/tree_export.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "server/git/objects.hpp"
#include "server/git/repository.hpp"

namespace davit::git {
namespace {

constexpr std::size_t file_name_bytes_max = 255;  // Linux's NAME_MAX

Result<BlobHandle> find_blob(git_repository& repository, const git_tree_entry& entry,
                             const std::string& path) {
  BlobHandle blob;
  DAVIT_TRY(check(git_blob_lookup(Out(blob), &repository, git_tree_entry_id(&entry)),
                  printable(path, 200)));
  return blob;
}

std::string_view content_of(const BlobHandle& blob) {
  return {static_cast<const char*>(git_blob_rawcontent(blob.get())),
          static_cast<std::size_t>(git_blob_rawsize(blob.get()))};
}

class Exporter {
 public:
  Exporter(git_repository& repository, const ExportRequest& request)
      : repository_(repository), request_(request) {}

  Result<> folder(const git_tree& tree, int fd, const std::string& path, std::size_t depth) {
    if (depth > request_.limits.depth_max) {
      return fail(Errc::limit_exceeded, "the commit nests folders more than {} deep",
                  request_.limits.depth_max);
    }
    const std::size_t count = git_tree_entrycount(&tree);
    for (std::size_t i = 0; i < count; ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(&tree, i);
      const std::string name = git_tree_entry_name(entry);
      if (!is_safe_name(name) || name.size() > file_name_bytes_max) {
        return fail(Errc::corrupt, "the commit holds a file named \"{}\" in \"{}\"; remove it",
                    printable(name, 80), printable(path, 200));
      }
      std::string full = path;
      if (!full.empty()) full += '/';
      full += name;
      DAVIT_TRY(one(*entry, fd, name, full, depth));
    }
    return {};
  }

  Exported exported;

 private:
  Result<> one(const git_tree_entry& entry, int fd, const std::string& name,
               const std::string& full, std::size_t depth) {
    const git_filemode_t mode = git_tree_entry_filemode(&entry);
    const bool is_directory = mode == GIT_FILEMODE_TREE || mode == GIT_FILEMODE_COMMIT;
    if (request_.leave_out && request_.leave_out(full, is_directory)) {
      ++exported.left_out;
      return {};
    }
    if (request_.stop.stop_requested()) return fail(Errc::cancelled, "the export was stopped");
    if (++exported.files > request_.limits.files_max) {
      return fail(Errc::limit_exceeded,
                  "the commit holds more than {} files; keep what is not needed to run out of git "
                  "or name it in .slugignore",
                  request_.limits.files_max);
    }
    if (request_.budget != nullptr) DAVIT_TRY(request_.budget->take_file());
    if (is_directory) return subfolder(entry, mode, fd, name, full, depth);
    if (mode == GIT_FILEMODE_LINK) return link(entry, fd, name, full);
    return file(entry, fd, name, full, mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755 : 0644);
  }

  Result<> subfolder(const git_tree_entry& entry, git_filemode_t mode, int fd,
                     const std::string& name, const std::string& full, std::size_t depth) {
    if (::mkdirat(fd, name.c_str(), 0755) != 0) return failed("create folder", full);
    DAVIT_TRY(own(fd, name, full));
    if (mode == GIT_FILEMODE_COMMIT) {
      char commit[GIT_OID_HEXSZ + 1] = {};
      git_oid_tostr(commit, sizeof(commit), git_tree_entry_id(&entry));
      exported.submodules.push_back({full, commit});
      return {};
    }
    UniqueFd inner(::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!inner) return failed("open folder", full);
    TreeHandle tree;
    DAVIT_TRY(check(git_tree_lookup(Out(tree), &repository_, git_tree_entry_id(&entry)),
                    printable(full, 200)));
    return folder(*tree, inner.get(), full, depth + 1);
  }

  Result<> link(const git_tree_entry& entry, int fd, const std::string& name,
                const std::string& full) {
    auto found = find_blob(repository_, entry, full);
    if (!found) return std::move(found).error();
    const std::string target(content_of(*found));
    if (target.empty() || target.size() >= 4096 || target.find('\0') != std::string::npos) {
      return fail(Errc::corrupt, "the link \"{}\" has no usable target", printable(full, 200));
    }
    if (::symlinkat(target.c_str(), fd, name.c_str()) != 0) return failed("create link", full);
    return own(fd, name, full);
  }

  Result<> file(const git_tree_entry& entry, int fd, const std::string& name,
                const std::string& full, mode_t mode) {
    auto found = find_blob(repository_, entry, full);
    if (!found) return std::move(found).error();
    const std::string_view content = content_of(*found);
    exported.bytes += content.size();
    if (exported.bytes > request_.limits.bytes_max) {
      return fail(Errc::too_large,
                  "the commit's files take more than {} MB; keep large data out of git or name it "
                  "in .slugignore",
                  request_.limits.bytes_max / (1024 * 1024));
    }
    if (request_.budget != nullptr) DAVIT_TRY(request_.budget->take_bytes(content.size()));
    UniqueFd out(
        ::openat(fd, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!out) return failed("create", full);
    // The mode of open() went through the umask.
    if (::fchmod(out.get(), mode) != 0) return failed("chmod", full);
    DAVIT_TRY(write_all(out.get(), content));
    return own(fd, name, full);
  }

  Result<> own(int fd, const std::string& name, const std::string& full) {
    if (!request_.uid) return {};
    if (::fchownat(fd, name.c_str(), *request_.uid, *request_.uid, AT_SYMLINK_NOFOLLOW) != 0) {
      return failed("chown", full);
    }
    return {};
  }

  static Error failed(std::string_view what, const std::string& full) {
    return fail_errno(errno, fmt::format("{} '{}'", what, printable(full, 200)));
  }

  git_repository& repository_;
  const ExportRequest& request_;
};

struct OpenTree {
  Objects objects;
  TreeHandle tree;
};

Result<OpenTree> open_tree(const CommitSource& source) {
  auto objects = open_objects(source.repository, source.quarantine);
  if (!objects) return std::move(objects).error();
  git_oid id;
  DAVIT_TRY(check(git_oid_fromstr(&id, source.commit.str().c_str()), "read a commit id"));
  CommitHandle commit;
  DAVIT_TRY(check(git_commit_lookup(Out(commit), objects->repository.get(), &id),
                  fmt::format("commit {}", source.commit.str())));
  OpenTree opened{std::move(*objects), nullptr};
  DAVIT_TRY(check(git_commit_tree(Out(opened.tree), commit.get()), "tree of the commit"));
  return opened;
}

}  // namespace

Result<std::optional<std::string>> read_root_file(const CommitSource& source,
                                                  const std::string& name, std::size_t bytes_max) {
  const Libgit2User library;
  auto opened = open_tree(source);
  if (!opened) return std::move(opened).error();
  const git_tree_entry* entry = git_tree_entry_byname(opened->tree.get(), name.c_str());
  if (entry == nullptr || git_tree_entry_type(entry) != GIT_OBJECT_BLOB ||
      git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK) {
    return std::nullopt;
  }
  auto blob = find_blob(*opened->objects.repository, *entry, name);
  if (!blob) return std::move(blob).error();
  const std::string_view content = content_of(*blob);
  if (content.size() > bytes_max) {
    return fail(Errc::too_large, "{} is larger than {} bytes", name, bytes_max);
  }
  return std::optional<std::string>(content);
}

Result<Exported> export_tree(const ExportRequest& request) {
  const Libgit2User library;
  auto opened = open_tree(request.source);
  if (!opened) return std::move(opened).error();
  if (::mkdir(request.target.c_str(), 0755) != 0) {
    return fail_errno(errno, fmt::format("mkdir '{}'", request.target));
  }
  if (request.uid && ::lchown(request.target.c_str(), *request.uid, *request.uid) != 0) {
    return fail_errno(errno, fmt::format("chown '{}'", request.target));
  }
  auto fd = open_file(request.target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return std::move(fd).error();
  Exporter exporter(*opened->objects.repository, request);
  DAVIT_TRY(exporter.folder(*opened->tree, fd->get(), "", 0));
  return std::move(exporter.exported);
}

}  // namespace davit::git
