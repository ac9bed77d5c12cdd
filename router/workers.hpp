#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "router/ports.hpp"
#include "router/tls/service.hpp"
#include "router/worker_thread.hpp"

namespace davit::router {

// All threads that serve requests, as the main thread sees them. Main thread only; every handler is
// called there.
class Workers {
 public:
  struct Environment {
    asio::io_context& main;
    asio::thread_pool& pool;  // frees old tables
    const Clock& clock;
    Random& random;  // at the start only
    const TimeLimits& times;
    Capacity share;  // of each thread
    guard::Guard& guard;
  };
  struct Events {
    std::function<void()> log_waiting;  // once for each thread after gather_log()
    std::function<void(const std::string& app, const GatePtr& gate)> wanted;
  };
  Workers(const Environment& environment, std::size_t threads, Events events);

  std::size_t count() const { return threads_.size(); }
  Result<> listen(std::vector<Port> ports, tls::Service& tls);  // before start()
  std::vector<int> sockets() const { return sockets_; }
  // Every thread serves by `routes` from then on; before start() or after. `left`: the targets that
  // are not in it any more. `done`: all of them do, in the order of the calls.
  void serve_by(std::shared_ptr<const Routes> routes, std::vector<TargetPtr> left,
                std::function<void()> done);
  void start();
  // Stops accepting on all threads, then lets each come to its end.
  void leave(WorkerThread::Leaving leaving, std::function<void()> done);
  void gather_log(AccessLog& log);
  // Takes what each thread has counted; `done` after the last.
  using TakeTraffic = std::function<void(const TrafficMeter::ByApp&)>;
  void gather_traffic(TakeTraffic take, std::function<void()> done);
  void join();  // after leave() is done, or before start()

 private:
  Result<> prepare_tls(const Port& port, tls::Service& tls, std::vector<tls::Context*>& contexts);

  asio::io_context& main_;
  asio::thread_pool& pool_;
  std::vector<std::unique_ptr<WorkerThread>> threads_;
  std::vector<int> sockets_;
  std::size_t still_serving_ = 0;
  std::function<void()> left_;
};

}  // namespace davit::router
