#include "server/archive/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "server/archive/place.hpp"

namespace davit::archive {
namespace {

constexpr std::size_t block_bytes = 64 * 1024;

struct ReaderFree {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<struct archive, ReaderFree>;

Error broken(struct archive* reader) {
  const char* why = archive_error_string(reader);
  return fail(Errc::corrupt, "the archive cannot be read: {}",
              printable(why != nullptr ? why : "unknown reason", 200));
}

class Unpacker {
 public:
  Unpacker(const UnpackRequest& request, Reader reader, UniqueFd root)
      : request_(request), reader_(std::move(reader)), root_(std::move(root)) {}

  Result<> run() {
    struct archive_entry* entry = nullptr;
    for (;;) {
      const int rc = archive_read_next_header(reader_.get(), &entry);
      if (rc == ARCHIVE_EOF) break;
      if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN) return broken(reader_.get());
      if (++entries_ > request_.entries_max) {
        return fail(Errc::limit_exceeded, "the archive holds more than {} files",
                    request_.entries_max);
      }
      DAVIT_TRY(check_stop());
      if (request_.budget != nullptr) DAVIT_TRY(request_.budget->take_file());
      DAVIT_TRY(take(entry));
    }
    return make_links();
  }

 private:
  struct Link {
    Place place;
    std::string target;
  };

  Result<> check_stop() const {
    if (!request_.stop.stop_requested()) return {};
    return fail(Errc::cancelled, "unpacking was stopped");
  }

  Result<> take(struct archive_entry* entry) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) return fail(Errc::corrupt, "the archive holds an entry without a name");
    auto place = place_of(path, request_.strip, request_.depth_max);
    if (!place) return std::move(place).error();
    if (place->empty()) return {};  // the folder that is stripped
    if (const char* target = archive_entry_hardlink(entry)) return hard_link(*place, target);
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR: return folder(*place);
      case AE_IFREG: return file(*place, entry);
      case AE_IFLNK: return link(std::move(*place), archive_entry_symlink(entry));
      default:
        return fail(Errc::corrupt, "the archive holds \"{}\", which is neither file nor folder",
                    printable(path, 200));
    }
  }

  Result<> folder(Place place) {
    place.emplace_back(".");  // its own parent is itself
    const auto made = open_parent(root_.get(), place);
    return made ? Result<>() : made.error();
  }

  Result<> file(const Place& place, struct archive_entry* entry) {
    auto parent = open_parent(root_.get(), place);
    if (!parent) return std::move(parent).error();
    const mode_t mode = (archive_entry_perm(entry) & 0111) != 0 ? 0755 : 0644;
    // A name that comes twice: the later one counts, as tar does it.
    (void)::unlinkat(parent->get(), place.back().c_str(), 0);
    UniqueFd out(::openat(parent->get(), place.back().c_str(),
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!out || ::fchmod(out.get(), mode) != 0) return failed("create", place);
    return content(out.get());
  }

  // By blocks and not by the size that the header claims; holes count as bytes.
  Result<> content(int out) {
    std::vector<char> buffer(block_bytes);
    for (;;) {
      const la_ssize_t count = archive_read_data(reader_.get(), buffer.data(), buffer.size());
      if (count == 0) return {};
      if (count < 0) return broken(reader_.get());
      bytes_ += static_cast<std::uint64_t>(count);
      if (bytes_ > request_.bytes_max) {
        return fail(Errc::too_large, "the archive unpacks to more than {} MB",
                    request_.bytes_max / (1024 * 1024));
      }
      DAVIT_TRY(check_stop());
      if (request_.budget != nullptr) {
        DAVIT_TRY(request_.budget->take_bytes(static_cast<std::uint64_t>(count)));
      }
      DAVIT_TRY(write_all(out, {buffer.data(), static_cast<std::size_t>(count)}));
    }
  }

  Result<> hard_link(const Place& place, const char* target) {
    auto source = place_of(target, request_.strip, request_.depth_max);
    if (!source) return std::move(source).error();
    if (source->empty()) return fail(Errc::corrupt, "the archive holds a link to nothing");
    auto from = open_parent(root_.get(), *source);
    if (!from) return std::move(from).error();
    auto to = open_parent(root_.get(), place);
    if (!to) return std::move(to).error();
    struct stat status {};
    const bool regular =
        ::fstatat(from->get(), source->back().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode);
    if (!regular ||
        ::linkat(from->get(), source->back().c_str(), to->get(), place.back().c_str(), 0) != 0) {
      return fail(Errc::corrupt, "the archive holds a link to \"{}\", which is no file before it",
                  printable(target, 200));
    }
    return {};
  }

  Result<> link(Place place, const char* target) {
    if (target == nullptr) return fail(Errc::corrupt, "the archive holds a link to nothing");
    DAVIT_TRY(check_link(place, target));
    links_.push_back({std::move(place), target});
    return {};
  }

  // Last: no file goes through a link that came before it.
  Result<> make_links() {
    for (const Link& one : links_) {
      auto parent = open_parent(root_.get(), one.place);
      if (!parent) return std::move(parent).error();
      if (::symlinkat(one.target.c_str(), parent->get(), one.place.back().c_str()) != 0) {
        return failed("create link", one.place);
      }
    }
    return {};
  }

  static Error failed(std::string_view what, const Place& place) {
    return fail_errno(errno, fmt::format("{} '{}'", what, printable(place.back(), 200)));
  }

  const UnpackRequest& request_;
  Reader reader_;
  UniqueFd root_;
  std::vector<Link> links_;
  std::size_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<> unpack(const UnpackRequest& request) {
  Reader reader(archive_read_new());
  if (!reader) return fail(Errc::internal, "libarchive gives no reader");
  // Programs that libarchive would start for exotic packings are not among these.
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  if (archive_read_open_filename(reader.get(), request.file.c_str(), block_bytes) != ARCHIVE_OK) {
    return broken(reader.get());
  }
  auto root = open_file(request.target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!root) return std::move(root).error();
  return Unpacker(request, std::move(reader), std::move(*root)).run();
}

}  // namespace davit::archive
