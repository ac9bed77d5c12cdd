#include "server/metrics/metrics.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/run_blocking.hpp"
#include "server/metrics/archive.hpp"
#include "server/metrics/collector.hpp"

namespace davit::metrics {
namespace {

constexpr std::int64_t fine_seconds = std::chrono::seconds(limits::fine_step).count();

class MetricsService final : public Metrics {
 public:
  MetricsService(asio::any_io_executor executor, const Clock& clock, std::string path)
      : executor_(std::move(executor)), clock_(clock), archive_(std::move(path)), pool_(1) {}
  ~MetricsService() override { pool_.join(); }

  void used(const AppId& app, const DynoName& name, const DynoId& dyno,
            const dyno::Usage& usage) override {
    collector_.used(app, name, dyno, usage, clock_.steady());
  }
  void requested(const AppId& app, const RequestFact& request) override {
    collector_.requested(app, request);
  }
  void served(const AppId& app, const TrafficFact& traffic) override {
    collector_.served(app, traffic);
  }
  void in_flight(const AppId& app, std::uint64_t requests) override {
    collector_.in_flight(app, requests);
  }
  Sample recent(const AppId& app, std::size_t steps) const override {
    return collector_.recent(app, steps);
  }

  Task<> run() override {
    asio::steady_timer timer(executor_);
    for (;;) {
      const std::int64_t at = open_step();
      timer.expires_after(std::chrono::seconds(at + fine_seconds) -
                          clock_.wall().time_since_epoch());
      co_await timer.async_wait(asio::use_awaitable);
      auto write = [this, at, samples = collector_.close_step(clock_.steady())] {
        archive_.write(at, samples);
      };
      co_await run_blocking(pool_, std::move(write));
    }
  }

  Task<Result<Series>> read(AppId app, Range range) override {
    auto job = [this, app = std::move(app), range] { return archive_.read(app, range); };
    auto series = co_await run_blocking(pool_, std::move(job));
    co_return series;
  }

 private:
  std::int64_t open_step() const {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall());
    return now.time_since_epoch().count() / fine_seconds * fine_seconds;
  }

  asio::any_io_executor executor_;
  const Clock& clock_;
  Collector collector_;
  Archive archive_;  // metrics thread only
  asio::thread_pool pool_;
};

}  // namespace

std::unique_ptr<Metrics> make_metrics(asio::any_io_executor executor, const Clock& clock,
                                      std::string path) {
  return std::make_unique<MetricsService>(std::move(executor), clock, std::move(path));
}

}  // namespace davit::metrics
