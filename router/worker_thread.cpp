#include "router/worker_thread.hpp"

#include <pthread.h>

#include <algorithm>

namespace davit::router {
namespace {

// Idle connections are looked at so often, each with a system call; more often where they may not
// be idle for long.
constexpr auto sweep_interval_max = std::chrono::seconds(10);

std::uint64_t ticks_per_sweep(const TimeLimits& times) {
  const auto interval = std::min<TimeLimits::Time>(sweep_interval_max, times.upstream_idle / 4);
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(interval / TimerWheel::tick));
}

}  // namespace

WorkerThread::WorkerThread(const Clock& clock, Worker::Settings settings, Events events)
    : done_(std::move(events.done)),
      worker_(io_, clock, settings,
              {std::move(events.log_waiting), std::move(events.wanted),
               [this] { asio::post(io_, [this] { worker_.places.deliver(); }); }}),
      sweep_ticks_(ticks_per_sweep(settings.times)) {}

WorkerThread::~WorkerThread() { join(); }

Result<> WorkerThread::listen(UniqueFd socket, tls::Context* tls) {
  auto listener = Listener::adopt(worker_, std::move(socket), tls);
  if (!listener) return std::move(listener).error();
  listeners_.push_back(std::move(*listener));
  return {};
}

void WorkerThread::start() {
  for (const auto& listener : listeners_) listener->start();
  start_ticking();
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "worker");
    io_.run();
  });
}

void WorkerThread::start_ticking() {
  tick_.expires_after(TimerWheel::tick);
  tick_.async_wait([this](const boost::system::error_code& error) {
    if (error || ended_) return;
    tick();
    start_ticking();
  });
}

void WorkerThread::tick() {
  const SteadyTime now = worker_.clock.steady();
  worker_.wheel.advance(now);
  if (++ticks_ % sweep_ticks_ == 0) worker_.pool.sweep(now, worker_.times.upstream_idle);
  if (worker_.stopping) finish_when_quiet(now);
}

void WorkerThread::serve_by(std::shared_ptr<const Routes> routes,
                            std::shared_ptr<const std::vector<TargetPtr>> left,
                            std::function<void(std::shared_ptr<const Routes>)> on_done) {
  post([this, routes = std::move(routes), left = std::move(left),
        on_done = std::move(on_done)]() mutable {
    swap(routes, *left);
    on_done(std::move(routes));
  });
}

// `routes` is afterwards the table before: to be freed where nobody waits for it.
void WorkerThread::swap(std::shared_ptr<const Routes>& routes, const std::vector<TargetPtr>& left) {
  worker_.routes.swap(routes);
  for (const TargetPtr& target : left) {
    worker_.pool.close(target);
    worker_.connector->forget(*target);
  }
  worker_.parking.wake_all();
}

void WorkerThread::stop_accepting(std::function<void()> on_done) {
  post([this, on_done = std::move(on_done)] {
    for (const auto& listener : listeners_) listener->stop();
    on_done();
  });
}

void WorkerThread::leave(Leaving leaving) {
  post([this, leaving] {
    worker_.stopping = true;
    leaving_ = leaving;
    finish_when_quiet(worker_.clock.steady());
  });
}

void WorkerThread::finish_when_quiet(SteadyTime now) {
  if (now >= leaving_.close_idle_at) {
    leaving_.close_idle_at = SteadyTime::max();
    worker_.crowd.finish_soon();
  }
  if (now >= leaving_.close_all_at) {
    worker_.crowd.close_all();
  }
  if (!worker_.crowd.empty() || std::exchange(told_done_, true)) return;
  worker_.pool.close_all();
  worker_.connector->close();
  done_();
}

void WorkerThread::join() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    ended_ = true;  // a tick that is due already cannot be cancelled any more
    tick_.cancel();
    guard_.reset();
  });
  thread_.join();
}

}  // namespace davit::router
