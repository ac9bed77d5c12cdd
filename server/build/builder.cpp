#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <set>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "server/build/build.hpp"
#include "server/build/build_run.hpp"

namespace davit::build {
namespace {

// " !     " before each line of a failure, as the vendor's tools show it.
std::string failure_text(std::string_view message, bool pushed) {
  std::string text = "\n";
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    text += fmt::format(" !     {}\n", message.substr(0, end));
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
  }
  return text + (pushed ? "\n !     Push failed\n" : "\n !     Build failed\n");
}

// For as long as a build goes on; also when it is cancelled.
class AtWork {
 public:
  AtWork(std::set<std::string>& folders, std::string folder)
      : folders_(folders), folder_(std::move(folder)) {
    folders_.insert(folder_);
  }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;
  ~AtWork() { folders_.erase(folder_); }

 private:
  std::set<std::string>& folders_;
  const std::string folder_;
};

class PackBuilder final : public Builder {
 public:
  PackBuilder(dynos::Launcher& launcher, asio::thread_pool& pool, runtimes::Runtimes& runtimes,
              sources::Sources& sources, BuildConfig config)
      : launcher_(launcher),
        pool_(pool),
        runtimes_(runtimes),
        sources_(sources),
        config_(std::move(config)),
        cache_(config_.cache_dir, config_.cache_budget_bytes),
        slugs_(config_.slugs_dir) {}

  Task<Result<Slug>> build(BuildRequest request, OutputSink& output) override {
    BuildServices services{launcher_, pool_, runtimes_, sources_, config_, cache_, slugs_, random_};
    const AtWork at_work(at_work_, request.id.str());
    const std::string id = request.id.str();
    const bool pushed = request.pushed();
    const auto begin = clock_.steady();
    BuildRun run(std::move(services), std::move(request), output);
    auto slug = co_await run.perform();
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begin);
    log::info("build done", {{"build", id},
                             {"ok", slug.has_value()},
                             {"took_ms", took.count()},
                             {"scripts_ms", run.scripts_took().count()}});
    if (slug || slug.error().code == Errc::cancelled) co_return slug;
    Error error = std::move(slug).error();
    co_await output.write(failure_text(error.message, pushed));
    // The pusher has seen all of it; an error is one sentence.
    error.message.resize(std::min(error.message.find('\n'), error.message.size()));
    co_return error;
  }

  void clean_leftovers() override {
    cache_.clean_leftovers();
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator(config_.work_dir, ec)) {
      const Result<> removed = remove_tree(entry.path());
      if (!removed) {
        log::warning("leftover of a build not removed", {{"error", removed.error().message}});
      }
    }
  }

  bool works_in(const std::string& folder) const override { return at_work_.contains(folder); }
  Result<> remove_slug(const SlugId& id) override { return slugs_.remove(id); }
  Result<> remove_cache(const AppId& app) override { return cache_.remove(app); }

 private:
  dynos::Launcher& launcher_;
  asio::thread_pool& pool_;
  runtimes::Runtimes& runtimes_;
  sources::Sources& sources_;
  const BuildConfig config_;
  BuildCache cache_;
  const SlugStore slugs_;
  SystemRandom random_;
  SystemClock clock_;
  std::set<std::string> at_work_;  // folders, which have their build's id for a name
};

}  // namespace

std::unique_ptr<Builder> make_builder(dynos::Launcher& launcher, asio::thread_pool& pool,
                                      runtimes::Runtimes& runtimes, sources::Sources& sources,
                                      BuildConfig config) {
  return std::make_unique<PackBuilder>(launcher, pool, runtimes, sources, std::move(config));
}

}  // namespace davit::build
