#include "server/sources/sources.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <stop_token>

#include "base/run_blocking.hpp"
#include "server/sources/getter.hpp"

namespace davit::sources {
namespace {

// Ends a job that runs on another thread when the coroutine that waits for it is cancelled, or
// everything stops.
class StopOnCancel {
 public:
  StopOnCancel(asio::cancellation_slot slot, std::stop_token all)
      : slot_(slot), on_stop_(std::move(all), Ask{source_}) {
    if (slot_.is_connected()) {
      slot_.assign([source = source_](asio::cancellation_type) mutable { source.request_stop(); });
    }
  }
  ~StopOnCancel() {
    if (slot_.is_connected()) slot_.clear();
  }
  StopOnCancel(const StopOnCancel&) = delete;
  StopOnCancel& operator=(const StopOnCancel&) = delete;
  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Ask {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };
  std::stop_source source_;
  asio::cancellation_slot slot_;
  std::stop_callback<Ask> on_stop_;
};

class TheSources final : public Sources {
 public:
  TheSources(SourcesConfig config, fetch::Guard guard)
      : config_(std::move(config)), getter_(config_, std::move(guard)) {}
  ~TheSources() override {
    stop();
    threads_.join();
  }

  const Rules& rules() const override { return config_.rules; }

  Task<Result<Tree>> get(Source source) override {
    const auto state = co_await asio::this_coro::cancellation_state;
    const StopOnCancel stopping(state.slot(), stop_.get_token());
    auto job = [this, source = std::move(source), token = stopping.token()] {
      return getter_.get(source, token);
    };
    co_return co_await run_blocking(threads_, std::move(job));
  }

  Task<Result<>> download(std::string url, std::string file, std::uint64_t bytes_max) override {
    const auto state = co_await asio::this_coro::cancellation_state;
    const StopOnCancel stopping(state.slot(), stop_.get_token());
    auto job = [this, url = std::move(url), file = std::move(file), bytes_max,
                token = stopping.token()] { return getter_.download(url, file, bytes_max, token); };
    co_return co_await run_blocking(threads_, std::move(job));
  }

  void stop() override { stop_.request_stop(); }

 private:
  const SourcesConfig config_;
  std::stop_source stop_;
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
