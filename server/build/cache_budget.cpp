// Which caches go when all of them together take too much.
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/build/build_cache.hpp"
#include "server/build/limits.hpp"

namespace davit::build {
namespace fs = std::filesystem;
namespace {

constexpr const char* aside_prefix = ".gone-";

struct Cached {
  AppId app;
  std::uint64_t bytes = 0;
  timespec used{};
};

// Counted once where an earlier davitd, or a crash, left no size file.
std::uint64_t size_of(const std::string& path, const std::string& size_file) {
  const auto text = read_file(size_file, limits::cache_size_file_bytes_max);
  std::uint64_t bytes = 0;
  if (text) {
    const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), bytes);
    const auto rest = static_cast<std::size_t>(end - text->data());
    if (ec == std::errc() && (rest == text->size() || (*text)[rest] == ' ')) return bytes;
  }
  const auto counted = tree_bytes(path);
  bytes = counted ? *counted : 0;
  const auto kept = write_file_atomic(size_file, std::to_string(bytes), 0600);
  if (!kept) log::warning("size of a build cache not kept", {{"error", kept.error().message}});
  return bytes;
}

bool used_before(const Cached& one, const Cached& other) {
  return std::pair(one.used.tv_sec, one.used.tv_nsec) <
         std::pair(other.used.tv_sec, other.used.tv_nsec);
}

std::vector<Cached> list_caches(const std::string& folder) {
  std::vector<Cached> caches;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    const auto app = AppId::parse(entry.path().filename().string());
    if (!app || !entry.is_directory(ec)) continue;
    const std::string path = entry.path().string();
    Cached cached{*app, size_of(path, path + ".size"), {}};
    struct stat status {};
    if (::stat((path + ".size").c_str(), &status) == 0) cached.used = status.st_mtim;
    caches.push_back(std::move(cached));
  }
  std::ranges::sort(caches, used_before);
  return caches;
}

}  // namespace

// By mutex_. Half removed it must not be a cache: renamed first.
std::optional<std::string> BuildCache::set_aside(const AppId& app) {
  const std::string aside =
      fmt::format("{}/{}{}-{}", folder_, aside_prefix, app.str(), set_aside_++);
  ::unlink(size_file(app).c_str());
  if (::rename(path_of(app).c_str(), aside.c_str()) != 0) return std::nullopt;
  return aside;
}

bool BuildCache::evict(const AppId& app) {
  std::optional<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    if (in_use_.contains(app)) return false;
    gone = set_aside(app);
  }
  if (!gone) return false;
  const Result<> removed = remove_tree(*gone);
  if (!removed) log::warning("build cache not removed", {{"error", removed.error().message}});
  return true;
}

void BuildCache::keep_within_budget() {
  const std::vector<Cached> caches = list_caches(folder_);
  std::uint64_t total = 0;
  for (const Cached& cached : caches) total += cached.bytes;
  for (const Cached& cached : caches) {
    if (total <= budget_) return;
    if (!evict(cached.app)) continue;
    total -= cached.bytes;
    log::info("build cache evicted",
              {{"app", cached.app.str()}, {"bytes", cached.bytes}, {"budget", budget_}});
  }
}

void BuildCache::clean_leftovers() {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder_, ec)) {
    if (!entry.path().filename().string().starts_with(aside_prefix)) continue;
    const Result<> removed = remove_tree(entry.path());
    if (!removed) log::warning("build cache not removed", {{"error", removed.error().message}});
  }
}

}  // namespace davit::build
