#include "cli/source_tarball.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/encoding.hpp"
#include "base/files.hpp"

namespace davit::cli {
namespace {

namespace fs = std::filesystem;

// What the server takes; see its sources/uploads.hpp.
constexpr std::uint64_t tarball_bytes_max = 512ull * 1024 * 1024;

struct WriterFree {
  void operator()(struct archive* writer) const { archive_write_free(writer); }
};
struct EntryFree {
  void operator()(struct archive_entry* entry) const { archive_entry_free(entry); }
};

class Packer {
 public:
  explicit Packer(fs::path root) : root_(std::move(root)) {}

  Result<> open(const fs::path& target) {
    writer_.reset(archive_write_new());
    archive_write_add_filter_gzip(writer_.get());
    archive_write_set_format_pax_restricted(writer_.get());
    if (archive_write_open_filename(writer_.get(), target.c_str()) != ARCHIVE_OK) return broken();
    return {};
  }

  Result<> add(const std::string& name) {
    const fs::path path = root_ / name;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return {};  // deleted, and git knows it still
      return fail_errno(errno, fmt::format("look at '{}'", printable(name, 200)));
    }
    if (S_ISDIR(status.st_mode)) return folder(name);
    if (S_ISLNK(status.st_mode)) return link(name, status);
    if (S_ISREG(status.st_mode)) return file(name, status);
    return {};  // a socket or pipe is no source
  }

  Result<> close() {
    if (archive_write_close(writer_.get()) != ARCHIVE_OK) return broken();
    return {};
  }
  std::size_t files() const { return files_; }

 private:
  Error broken() const {
    const char* why = archive_error_string(writer_.get());
    return fail(Errc::io, "write the tarball: {}", why != nullptr ? why : "unknown reason");
  }

  // Of a submodule.
  Result<> folder(const std::string& name) {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(root_ / name, ec)) {
      const std::string inner = entry.path().filename();
      if (inner != ".git") DAVIT_TRY(add(name + "/" + inner));
    }
    if (ec) return fail(Errc::io, "read '{}': {}", printable(name, 200), ec.message());
    return {};
  }

  Result<> head(const std::string& name, const struct stat& status, const char* target) {
    const std::unique_ptr<struct archive_entry, EntryFree> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_mtime(entry.get(), status.st_mtime, 0);
    if (target != nullptr) {
      archive_entry_set_filetype(entry.get(), AE_IFLNK);
      archive_entry_set_symlink(entry.get(), target);
      archive_entry_set_perm(entry.get(), 0777);
    } else {
      archive_entry_set_filetype(entry.get(), AE_IFREG);
      archive_entry_set_size(entry.get(), status.st_size);
      archive_entry_set_perm(entry.get(), (status.st_mode & 0111) != 0 ? 0755 : 0644);
    }
    ++files_;
    if (archive_write_header(writer_.get(), entry.get()) != ARCHIVE_OK) return broken();
    return {};
  }

  Result<> link(const std::string& name, const struct stat& status) {
    std::error_code ec;
    const fs::path target = fs::read_symlink(root_ / name, ec);
    if (ec) return fail(Errc::io, "read '{}': {}", printable(name, 200), ec.message());
    return head(name, status, target.c_str());
  }

  Result<> file(const std::string& name, const struct stat& status) {
    const auto opened = open_file(root_ / name, O_RDONLY | O_NOFOLLOW);
    if (!opened) return opened.error();
    DAVIT_TRY(head(name, status, nullptr));
    std::vector<char> block(256 * 1024);
    for (auto left = static_cast<std::uint64_t>(status.st_size); left > 0;) {
      const ssize_t count =
          ::read(opened->get(), block.data(), std::min<std::uint64_t>(left, block.size()));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail_errno(errno, fmt::format("read '{}'", printable(name, 200)));
      if (count == 0) return fail(Errc::io, "'{}' changes while it is read", printable(name, 200));
      if (archive_write_data(writer_.get(), block.data(), static_cast<std::size_t>(count)) < 0) {
        return broken();
      }
      left -= static_cast<std::uint64_t>(count);
    }
    return {};
  }

  const fs::path root_;
  std::unique_ptr<struct archive, WriterFree> writer_;
  std::size_t files_ = 0;
};

}  // namespace

Result<PackedSource> pack_source(const fs::path& root, const std::vector<std::string>& files,
                                 const fs::path& target) {
  Packer packer(root);
  DAVIT_TRY(packer.open(target));
  for (const std::string& name : files) DAVIT_TRY(packer.add(name));
  DAVIT_TRY(packer.close());
  std::error_code ec;
  const PackedSource packed{packer.files(), fs::file_size(target, ec)};
  if (packed.bytes > tarball_bytes_max) {
    return fail(Errc::too_large,
                "'{}' packs to more than {} MB; name what a build does not need in .gitignore",
                root.string(), tarball_bytes_max / (1024 * 1024));
  }
  return packed;
}

Result<TemporaryFile> TemporaryFile::make() {
  std::error_code ec;
  std::string path = (fs::temp_directory_path(ec) / "davit-deploy-XXXXXX").string();
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return fail_errno(errno, "make a temporary file");
  ::close(fd);
  return TemporaryFile(path);
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace davit::cli
