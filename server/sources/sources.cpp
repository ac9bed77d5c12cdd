#include "server/sources/sources.hpp"

#include <boost/asio/thread_pool.hpp>
#include <stop_token>

#include "base/run_abandonable.hpp"
#include "server/sources/getter.hpp"
#include "server/sources/shares.hpp"

namespace davit::sources {
namespace {

class TheSources final : public Sources {
 public:
  TheSources(SourcesConfig config, fetch::Guard guard)
      : config_(std::move(config)), getter_(config_, std::move(guard)) {}
  ~TheSources() override {
    stop();
    threads_.join();
  }

  const Rules& rules() const override { return config_.rules; }

  Task<Result<Tree>> get(Wanted wanted) override {
    auto who = wanted.who;
    const auto share = co_await all_.take(std::move(who));
    auto job = [this, wanted = std::move(wanted)](const std::stop_token& stop) {
      return getter_.get(wanted, stop);
    };
    co_return co_await on_threads(std::move(job));
  }

  Task<Result<>> download(Download wanted) override {
    auto who = wanted.who;
    const auto share = co_await downloads_.take(std::move(who));
    auto again = wanted.who;
    const auto thread = co_await all_.take(std::move(again));
    auto job = [this, wanted = std::move(wanted)](const std::stop_token& stop) {
      return getter_.download(wanted, stop);
    };
    co_return co_await on_threads(std::move(job));
  }

  void stop() override { stop_.request_stop(); }

 private:
  template <class Job>
  Task<std::invoke_result_t<Job, std::stop_token>> on_threads(Job job) {
    std::stop_source stopping;
    const std::stop_callback with_all(stop_.get_token(),
                                      [stopping]() mutable { stopping.request_stop(); });
    co_return co_await run_stoppable(threads_, std::move(job), stopping);
  }

  const SourcesConfig config_;
  std::stop_source stop_;
  Shares all_{limits::threads, limits::threads_each};
  Shares downloads_{limits::download_threads, limits::threads_each};
  Getter getter_;
  asio::thread_pool threads_{limits::threads};
};

}  // namespace

Result<std::unique_ptr<Sources>> make_sources(SourcesConfig config) {
  auto guard = fetch::Guard::public_only(config.allow);
  if (!guard) return std::move(guard).error();
  return std::make_unique<TheSources>(std::move(config), std::move(*guard));
}

}  // namespace davit::sources
