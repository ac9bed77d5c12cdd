#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "router/listener.hpp"
#include "router/worker.hpp"

namespace davit::router {

// A worker and the thread that it runs on. The main thread's, but for what is said otherwise.
class WorkerThread {
 public:
  // Called on the worker's thread: post.
  struct Events {
    std::function<void()> log_waiting;
    std::function<void(const App&)> wanted;
    std::function<void()> done;  // leave() has come to its end: nothing is in flight
  };
  WorkerThread(const Clock& clock, Worker::Settings settings, Events events);
  ~WorkerThread();

  // Before start().
  Result<> listen(UniqueFd socket, tls::Context* tls);  // tls: as Listener::adopt
  Worker& before_start() { return worker_; }

  void start();
  // Runs on the thread. The worker outlives it.
  template <class Job>
  void post(Job job) {
    asio::post(io_, std::move(job));
  }
  // Serves by `routes` from now on, and keeps no connection to those that left; on_done gets the
  // routes before, on the worker's thread.
  void serve_by(std::shared_ptr<const Routes> routes,
                std::shared_ptr<const std::vector<TargetPtr>> left,
                std::function<void(std::shared_ptr<const Routes>)> on_done);
  void stop_accepting(std::function<void()> on_done);  // on_done: on the worker's thread
  // Closes idle connections at one time, and whatever is left at another.
  struct Leaving {
    SteadyTime close_idle_at;
    SteadyTime close_all_at;
  };
  void leave(Leaving leaving);
  // After Events::done: ends the thread.
  void join();

  // on_taken: on the worker's thread.
  void take_traffic(std::function<void(TrafficMeter::ByApp)> on_taken) {
    post([this, on_taken = std::move(on_taken)] { on_taken(worker_.traffic.take()); });
  }
  LogBatch collect_log() { return worker_.access_log.collect(); }

 private:
  // The worker's thread.
  void start_ticking();
  void tick();
  void swap(std::shared_ptr<const Routes>& routes, const std::vector<TargetPtr>& left);
  void finish_when_quiet(SteadyTime now);

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_{io_.get_executor()};
  const std::function<void()> done_;
  Worker worker_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  asio::steady_timer tick_{io_};
  std::uint64_t ticks_ = 0;
  const std::uint64_t sweep_ticks_;
  Leaving leaving_{SteadyTime::max(), SteadyTime::max()};
  bool told_done_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace davit::router
