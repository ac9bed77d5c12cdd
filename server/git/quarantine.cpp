#include "server/git/quarantine.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "base/disk_room.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "server/git/git2_handles.hpp"
#include "server/git/pack_inspector.hpp"

namespace davit::git {
namespace {

constexpr std::string_view name_start = "quarantine-";
constexpr std::uint64_t disk_check_step = 16ULL * 1024 * 1024;

int stop_when_asked(const git_indexer_progress*, void* payload) {
  return static_cast<const std::atomic<bool>*>(payload)->load() ? GIT_EUSER : 0;
}

Result<> sync_file(const std::filesystem::path& path, int flags) {
  const auto fd = open_file(path, flags | O_CLOEXEC);
  if (!fd) return fd.error();
  if (::fsync(fd->get()) != 0) return fail_errno(errno, "fsync '" + path.string() + "'");
  return {};
}

}  // namespace

struct Quarantine::Index {
  Index(const PushLimits& limits, const std::atomic<bool>& stop_flag)
      : inspector(limits), stop(stop_flag) {}
  Error indexing_error(int rc) const {
    if (stop.load()) return fail(Errc::cancelled, "indexing the pack was stopped");
    const auto failed = check(rc, "index the pack");
    return fail(Errc::corrupt, "{}", failed.error().message);
  }
  PackInspector inspector;
  const std::atomic<bool>& stop;
  OdbHandle odb;
  IndexerHandle indexer;
  git_indexer_progress progress{};
};

Quarantine::Quarantine(std::string repository, std::string path, const PushLimits& limits)
    : repository_(std::move(repository)), path_(std::move(path)), limits_(limits) {}

Quarantine::~Quarantine() {
  index_.reset();
  const auto removed = remove_tree(path_);
  if (!removed) log::warning("quarantine stays", {{"error", removed.error().message}});
}

Result<std::unique_ptr<Quarantine>> Quarantine::create(const std::string& repository,
                                                       const PushLimits& limits,
                                                       const std::atomic<bool>& stop) {
  std::string path = repository + "/objects/" + std::string(name_start) + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return fail_errno(errno, "create a quarantine in '" + repository + "'");
  }
  std::unique_ptr<Quarantine> made(new Quarantine(repository, std::move(path), limits));
  DAVIT_TRY(make_directories(made->path_ + "/pack", 0700));
  DAVIT_TRY(made->check_disk());
  made->index_ = std::make_unique<Index>(limits, stop);
  auto& index = *made->index_;
  DAVIT_TRY(check(git_odb_open(Out(index.odb), (repository + "/objects").c_str()),
                  "open the repository's objects"));
  git_indexer_options options = GIT_INDEXER_OPTIONS_INIT;
  options.progress_cb = stop_when_asked;
  options.progress_cb_payload = const_cast<std::atomic<bool>*>(&stop);
  DAVIT_TRY(check(git_indexer_new(Out(index.indexer), (made->path_ + "/pack").c_str(), 0400,
                                  index.odb.get(), &options),
                  "begin a pack"));
  return made;
}

Result<> Quarantine::check_disk() const {
  return check_disk_room(repository_, limits_.disk_reserve_bytes);
}

Result<> Quarantine::append(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > limits_.pack_bytes_max) {
    return fail(Errc::too_large, "the push is larger than {} bytes; push its history in parts",
                limits_.pack_bytes_max);
  }
  if (bytes_ - disk_checked_at_ >= disk_check_step) {
    disk_checked_at_ = bytes_;
    DAVIT_TRY(check_disk());
  }
  if (index_->stop.load()) return fail(Errc::cancelled, "indexing the pack was stopped");
  DAVIT_TRY(index_->inspector.feed(bytes));
  const int rc =
      git_indexer_append(index_->indexer.get(), bytes.data(), bytes.size(), &index_->progress);
  if (rc < 0) return index_->indexing_error(rc);
  return {};
}

Result<> Quarantine::finish() {
  DAVIT_TRY(index_->inspector.finish());
  if (index_->inspector.objects() == 0) {
    // Nothing new: refs move to objects that are here. An empty pack is not worth keeping.
    index_.reset();
    return {};
  }
  const int rc = git_indexer_commit(index_->indexer.get(), &index_->progress);
  if (rc < 0) return index_->indexing_error(rc);
  index_.reset();
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(path_ + "/pack", ec)) {
    DAVIT_TRY(sync_file(entry.path(), O_RDONLY));
  }
  return {};
}

Result<> Quarantine::migrate() {
  namespace fs = std::filesystem;
  const fs::path from = path_ + "/pack";
  const fs::path to = repository_ + "/objects/pack";
  DAVIT_TRY(make_directories(to, 0700));
  // The index last: git looks for packs by their indexes.
  for (const std::string_view kind : {".pack", ".idx"}) {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(from, ec)) {
      const auto name = entry.path().filename();
      if (name.extension() != kind || !name.string().starts_with("pack-")) continue;
      if (::access((to / name).c_str(), F_OK) == 0) continue;  // the name is a hash of the content
      if (std::rename(entry.path().c_str(), (to / name).c_str()) != 0) {
        return fail_errno(errno, "move '" + entry.path().string() + "'");
      }
    }
    if (ec) return fail(Errc::io, "read '{}': {}", from.string(), ec.message());
  }
  return sync_file(to, O_RDONLY | O_DIRECTORY);
}

Result<> Quarantine::remove_stale(const std::string& repository) {
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(repository + "/objects", ec)) {
    if (!entry.path().filename().string().starts_with(name_start)) continue;
    DAVIT_TRY(remove_tree(entry.path()));
  }
  return {};
}

}  // namespace davit::git
