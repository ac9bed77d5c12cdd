#include "server/sources/uploads.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "base/run_blocking.hpp"
#include "server/archive/digest.hpp"

namespace davit::sources {
namespace {

constexpr std::size_t write_bytes = 1024 * 1024;  // one visit to the disk

std::string url_secret(Random& random) { return hex_encode(random.bytes(32)); }

Error no_upload() {
  return fail(Errc::not_found,
              "There is no such source: each is uploaded once, within an hour. POST /sources "
              "makes another.");
}

void discard(const std::string& path) {
  const Result<> removed = remove_tree(path);
  if (!removed) log::warning("an upload stays", {{"error", removed.error().message}});
}

Result<> check_room(const std::string& folder, std::uint64_t reserve) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return fail_errno(errno, "look at the disk");
  const std::uint64_t free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free_bytes >= reserve) return {};
  return fail(Errc::unavailable,
              "the server's disk is nearly full; remove old apps or ask its admin");
}

}  // namespace

Uploads::Uploads(std::string folder, asio::thread_pool& workers, const Clock& clock, Random& random,
                 UploadLimits limits)
    : folder_(std::move(folder)),
      workers_(workers),
      clock_(clock),
      random_(random),
      limits_(limits) {
  discard(folder_);
  const auto made = make_directories(folder_, 0700);
  if (!made) log::error("no folder for uploads", {{"error", made.error().message}});
}

std::uint64_t Uploads::total() const {
  std::uint64_t bytes = receiving_bytes_;
  for (const auto& [secret, entry] : entries_) bytes += entry.file.bytes;
  return bytes;
}

void Uploads::forget_old() {
  const SteadyTime now = clock_.steady();
  std::erase_if(entries_, [&](const auto& one) {
    const Entry& entry = one.second;
    if (entry.expires_at > now || entry.state == State::receiving) return false;
    if (entry.state == State::ready) {
      asio::post(workers_, [path = entry.file.path] { discard(path); });
    }
    return true;
  });
}

Result<UploadSecrets> Uploads::give(const UserId& user) {
  forget_old();
  const auto mine =
      std::ranges::count_if(entries_, [&](const auto& entry) { return entry.second.user == user; });
  if (static_cast<std::size_t>(mine) >= limits_.per_user || entries_.size() >= limits_.count_max) {
    return fail(Errc::limit_exceeded,
                "{} sources wait for their build already; build one, or wait an hour", mine);
  }
  UploadSecrets secrets{url_secret(random_), url_secret(random_)};
  Entry entry;
  entry.user = user;
  entry.put_secret = secrets.put;
  entry.expires_at = clock_.steady() + limits_.lifetime;
  entries_.emplace(secrets.get, std::move(entry));
  return secrets;
}

Task<Result<>> Uploads::receive(std::string secret, Read read) {
  forget_old();
  const auto found = std::ranges::find_if(entries_, [&](const auto& one) {
    return one.second.put_secret == secret && one.second.state == State::waiting;
  });
  if (found == entries_.end()) co_return no_upload();
  const std::string get_secret = found->first;
  found->second.state = State::receiving;
  auto written = co_await write(new_path(), std::move(read));
  const auto again = entries_.find(get_secret);
  if (again == entries_.end()) co_return no_upload();
  if (!written) {
    again->second.state = State::waiting;  // another try
    co_return std::move(written).error();
  }
  again->second.state = State::ready;
  again->second.file = std::move(*written);
  again->second.expires_at = clock_.steady() + limits_.lifetime;
  co_return Result<>();
}

Task<Result<UploadedFile>> Uploads::write(std::string path, Read read) {
  auto opened = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!opened) co_return std::move(opened).error();
  const auto file = std::make_shared<UniqueFd>(std::move(*opened));
  // Whatever way this ends, also by cancellation.
  struct Part {
    Uploads& uploads;
    std::string path;
    std::uint64_t bytes = 0;
    bool whole = false;
    ~Part() {
      uploads.receiving_bytes_ -= bytes;
      if (!whole) asio::post(uploads.workers_, [path = path] { discard(path); });
    }
  };
  Part part{*this, path};
  for (bool ended = false; !ended;) {
    std::string block;
    while (block.size() < write_bytes && !ended) {
      auto bytes = co_await read();
      if (!bytes) co_return std::move(bytes).error();
      ended = bytes->empty();
      block += *bytes;
    }
    part.bytes += block.size();
    receiving_bytes_ += block.size();
    if (part.bytes > limits_.bytes_max) {
      co_return fail(Errc::too_large,
                     "The source is larger than {} MB; leave out what is not needed to build it",
                     limits_.bytes_max / (1024 * 1024));
    }
    if (total() > limits_.total_max) {
      co_return fail(Errc::unavailable,
                     "too much source waits for its build on this server; try again later");
    }
    auto job = [this, file, block = std::move(block)]() -> Result<> {
      DAVIT_TRY(check_room(folder_, limits_.disk_reserve_bytes));
      return write_all(file->get(), block);
    };
    const auto written = co_await run_blocking(workers_, std::move(job));
    if (!written) co_return written.error();
  }
  auto sha256 = co_await digest(path);
  if (!sha256) co_return std::move(sha256).error();
  part.whole = true;
  co_return UploadedFile{std::move(path), part.bytes, std::move(*sha256)};
}

Result<UploadedFile> Uploads::find(const std::string& get_secret) {
  forget_old();
  const auto found = entries_.find(get_secret);
  if (found == entries_.end()) return no_upload();
  if (found->second.state != State::ready) {
    return fail(Errc::conflict, "Nothing was uploaded yet: PUT the tarball to the put_url first.");
  }
  return found->second.file;
}

Result<UploadedFile> Uploads::take(const std::string& get_secret) {
  auto file = find(get_secret);
  if (file) entries_.erase(get_secret);
  return file;
}

std::string Uploads::new_path() { return folder_ + "/" + hex_encode(random_.bytes(16)); }

Task<Result<std::string>> Uploads::digest(std::string path) const {
  auto job = [path = std::move(path)]() -> Result<std::string> {
    const auto digest = archive::Digest::sha256_of(path);
    if (!digest) return digest.error();
    return digest->str().substr(std::string_view("sha256:").size());
  };
  co_return co_await run_blocking(workers_, std::move(job));
}

void Uploads::remove_later(std::string path) const {
  asio::post(workers_, [path = std::move(path)] { discard(path); });
}

}  // namespace davit::sources
