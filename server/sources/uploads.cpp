#include "server/sources/uploads.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <utility>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "base/run_abandonable.hpp"
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

}  // namespace

Uploads::Uploads(std::string folder, asio::thread_pool& workers, const Clock& clock, Random& random,
                 UploadLimits limits)
    : folder_(std::move(folder)),
      workers_(workers),
      clock_(clock),
      random_(random),
      limits_(limits),
      ledger_(std::make_shared<TarballLedger>(
          TarballLedger::Limits{limits.total_max, limits.user_max})) {
  discard(folder_);
  const auto made = make_directories(folder_, 0700);
  if (!made) log::error("no folder for uploads", {{"error", made.error().message}});
}

void Uploads::forget_old() {
  const SteadyTime now = clock_.steady();
  std::erase_if(entries_, [&](const auto& one) {
    const Entry& entry = one.second;
    return entry.expires_at <= now && entry.state != State::receiving;
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
  found->second.state = State::receiving;
  // Whatever way this ends, also by cancellation: the URL is good for another try.
  struct Receiving {
    Entries& entries;
    std::string secret;
    ~Receiving() {
      const auto entry = entries.find(secret);
      if (entry != entries.end() && entry->second.state == State::receiving) {
        entry->second.state = State::waiting;
      }
    }
  };
  const Receiving receiving{entries_, found->first};
  auto user = found->second.user;
  auto written = co_await write(std::move(user), std::move(read));
  if (!written) co_return std::move(written).error();
  const auto again = entries_.find(receiving.secret);
  if (again == entries_.end()) co_return no_upload();
  again->second.state = State::ready;
  again->second.file = std::move(*written);
  again->second.expires_at = clock_.steady() + limits_.lifetime;
  co_return Result<>();
}

Task<Result<UploadedFile>> Uploads::write(UserId user, Read read) {
  const std::shared_ptr<Tarball> tarball = make(user);
  auto opened = open_file(tarball->path(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!opened) co_return std::move(opened).error();
  const auto file = std::make_shared<UniqueFd>(std::move(*opened));
  for (bool ended = false; !ended;) {
    std::string block;
    while (block.size() < write_bytes && !ended) {
      auto bytes = co_await read();
      if (!bytes) co_return std::move(bytes).error();
      ended = bytes->empty();
      block += *bytes;
    }
    auto job = [tarball, file, block = std::move(block)]() -> Result<> {
      DAVIT_TRY(tarball->grow(block.size()));
      return write_all(file->get(), block);
    };
    const auto written = co_await run_blocking(workers_, std::move(job));
    if (!written) co_return written.error();
  }
  auto whole = tarball;
  auto sha256 = co_await digest(std::move(whole));
  if (!sha256) co_return std::move(sha256).error();
  co_return UploadedFile{tarball, std::move(*sha256)};
}

std::shared_ptr<Tarball> Uploads::make(const UserId& user) {
  Tarball::Setup setup{folder_ + "/" + hex_encode(random_.bytes(16)),
                       user,
                       {limits_.bytes_max, 1, limits_.disk_reserve_bytes}};
  return std::make_shared<Tarball>(std::move(setup), ledger_, workers_);
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

Task<Result<std::string>> Uploads::digest(std::shared_ptr<const Tarball> tarball) const {
  auto job = [tarball = std::move(tarball)](std::stop_token stop) -> Result<std::string> {
    const auto digest = archive::Digest::sha256_of(tarball->path(), stop);
    if (!digest) return digest.error();
    return digest->str().substr(std::string_view("sha256:").size());
  };
  co_return co_await run_stoppable(workers_, std::move(job));
}

}  // namespace davit::sources
