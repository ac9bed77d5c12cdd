#include "server/build/tree_export.hpp"

#include <fcntl.h>
#include <git2.h>
#include <git2/sys/repository.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "server/build/slugignore.hpp"

namespace davit::build {
namespace {

template <auto release>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using Repository = std::unique_ptr<git_repository, Deleter<git_repository_free>>;
using Odb = std::unique_ptr<git_odb, Deleter<git_odb_free>>;
using Commit = std::unique_ptr<git_commit, Deleter<git_commit_free>>;
using Tree = std::unique_ptr<git_tree, Deleter<git_tree_free>>;
using Blob = std::unique_ptr<git_blob, Deleter<git_blob_free>>;

// libgit2 counts its users; the last one out frees its caches.
struct LibraryUse {
  LibraryUse() { git_libgit2_init(); }
  ~LibraryUse() { git_libgit2_shutdown(); }
  LibraryUse(const LibraryUse&) = delete;
  LibraryUse& operator=(const LibraryUse&) = delete;
};

Result<> check(int code, std::string_view what) {
  if (code >= 0) return {};
  const git_error* error = git_error_last();
  const std::string text = error != nullptr ? printable(error->message, 200) : "unknown error";
  return fail(code == GIT_ENOTFOUND ? Errc::not_found : Errc::corrupt, "{}: {}", what, text);
}

template <class Handle, class Call>
Result<Handle> obtain(Call call, std::string_view what) {
  typename Handle::pointer raw = nullptr;
  DAVIT_TRY(check(call(&raw), what));
  return Handle(raw);
}

// Names that git itself refuses to check out, or that would mean another place.
bool is_safe_name(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.size() > 255) return false;
  if (name.find('/') != std::string_view::npos) return false;
  if (name.size() == 4 && name[0] == '.' && (name[1] | 0x20) == 'g' && (name[2] | 0x20) == 'i' &&
      (name[3] | 0x20) == 't') {
    return false;
  }
  return true;
}

class Exporter {
 public:
  Exporter(git_repository& repository, const ExportRequest& request, SlugIgnore ignore)
      : repository_(repository), request_(request), ignore_(std::move(ignore)) {}

  Result<> folder(const git_tree& tree, int fd, const std::string& path, std::size_t depth) {
    if (depth > limits::tree_depth_max) {
      return fail(Errc::limit_exceeded, "the commit nests folders more than {} deep",
                  limits::tree_depth_max);
    }
    const std::size_t count = git_tree_entrycount(&tree);
    for (std::size_t i = 0; i < count; ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(&tree, i);
      const std::string name = git_tree_entry_name(entry);
      if (!is_safe_name(name)) {
        return fail(Errc::corrupt, "the commit holds a file named \"{}\" in \"{}\"; remove it",
                    printable(name, 80), printable(path, 200));
      }
      const std::string full = path.empty() ? name : path + "/" + name;
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
    if (!ignore_.empty() && ignore_.matches(full, is_directory)) {
      ++exported.ignored;
      return {};
    }
    if (++exported.files > request_.files_max) {
      return fail(Errc::limit_exceeded,
                  "the commit holds more than {} files; keep what is not needed to run out of git "
                  "or name it in .slugignore",
                  request_.files_max);
    }
    if (is_directory) return subfolder(entry, mode, fd, name, full, depth);
    if (mode == GIT_FILEMODE_LINK) return link(entry, fd, name, full);
    return file(entry, fd, name, full, mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755 : 0644);
  }

  Result<> subfolder(const git_tree_entry& entry, git_filemode_t mode, int fd,
                     const std::string& name, const std::string& full, std::size_t depth) {
    if (::mkdirat(fd, name.c_str(), 0755) != 0) return failed("create folder", full);
    DAVIT_TRY(own(fd, name, full));
    if (mode == GIT_FILEMODE_COMMIT) {
      exported.submodules.push_back(full);
      return {};
    }
    UniqueFd inner(::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!inner) return failed("open folder", full);
    auto tree = obtain<Tree>(
        [&](git_tree** out) {
          return git_tree_lookup(out, &repository_, git_tree_entry_id(&entry));
        },
        full);
    if (!tree) return std::move(tree).error();
    return folder(**tree, inner.get(), full, depth + 1);
  }

  Result<Blob> blob(const git_tree_entry& entry, const std::string& full) {
    return obtain<Blob>(
        [&](git_blob** out) {
          return git_blob_lookup(out, &repository_, git_tree_entry_id(&entry));
        },
        full);
  }

  static std::string_view content_of(const Blob& blob) {
    return {static_cast<const char*>(git_blob_rawcontent(blob.get())),
            static_cast<std::size_t>(git_blob_rawsize(blob.get()))};
  }

  Result<> link(const git_tree_entry& entry, int fd, const std::string& name,
                const std::string& full) {
    auto found = blob(entry, full);
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
    auto found = blob(entry, full);
    if (!found) return std::move(found).error();
    const std::string_view content = content_of(*found);
    exported.bytes += content.size();
    if (exported.bytes > request_.bytes_max) {
      return fail(Errc::too_large,
                  "the commit's files take more than {} MB; keep large data out of git or name it "
                  "in .slugignore",
                  request_.bytes_max / (1024 * 1024));
    }
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
  SlugIgnore ignore_;
};

Result<Repository> open_repository(const ExportRequest& request) {
  auto repository = obtain<Repository>(
      [&](git_repository** out) {
        return git_repository_open_bare(out, request.repository.c_str());
      },
      "open repository");
  if (!repository || request.quarantine.empty()) return repository;
  auto odb = obtain<Odb>([&](git_odb** out) { return git_repository_odb(out, repository->get()); },
                         "open objects");
  if (!odb) return std::move(odb).error();
  DAVIT_TRY(
      check(git_odb_add_disk_alternate(odb->get(), request.quarantine.c_str()), "open quarantine"));
  return repository;
}

Result<SlugIgnore> read_slugignore(git_repository& repository, const git_tree& tree) {
  const git_tree_entry* entry = git_tree_entry_byname(&tree, ".slugignore");
  if (entry == nullptr || git_tree_entry_type(entry) != GIT_OBJECT_BLOB ||
      git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK) {
    return SlugIgnore();
  }
  auto blob = obtain<Blob>(
      [&](git_blob** out) { return git_blob_lookup(out, &repository, git_tree_entry_id(entry)); },
      ".slugignore");
  if (!blob) return std::move(blob).error();
  return SlugIgnore::parse({static_cast<const char*>(git_blob_rawcontent(blob->get())),
                            static_cast<std::size_t>(git_blob_rawsize(blob->get()))});
}

}  // namespace

Result<Exported> export_tree(const ExportRequest& request) {
  const LibraryUse library;
  auto repository = open_repository(request);
  if (!repository) return std::move(repository).error();
  git_oid oid;
  DAVIT_TRY(check(git_oid_fromstr(&oid, request.commit.str().c_str()), "commit"));
  auto commit = obtain<Commit>(
      [&](git_commit** out) { return git_commit_lookup(out, repository->get(), &oid); },
      fmt::format("commit {}", request.commit.str()));
  if (!commit) return std::move(commit).error();
  auto tree = obtain<Tree>([&](git_tree** out) { return git_commit_tree(out, commit->get()); },
                           "tree of the commit");
  if (!tree) return std::move(tree).error();
  auto ignore = read_slugignore(**repository, **tree);
  if (!ignore) return std::move(ignore).error();

  if (::mkdir(request.target.c_str(), 0755) != 0) {
    return fail_errno(errno, fmt::format("mkdir '{}'", request.target));
  }
  if (request.uid && ::lchown(request.target.c_str(), *request.uid, *request.uid) != 0) {
    return fail_errno(errno, fmt::format("chown '{}'", request.target));
  }
  auto fd = open_file(request.target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return std::move(fd).error();
  Exporter exporter(**repository, request, std::move(*ignore));
  DAVIT_TRY(exporter.folder(**tree, fd->get(), "", 0));
  return std::move(exporter.exported);
}

}  // namespace davit::build
