#include "router/workers.hpp"

#include <cstring>

namespace davit::router {
namespace {

std::uint64_t draw_seed(Random& random) {
  const std::string bytes = random.bytes(sizeof(std::uint64_t));
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

// A table on its way to every thread. The main thread's.
struct Switch {
  std::size_t missing;
  std::shared_ptr<const Routes> before;
  std::function<void()> done;
};

}  // namespace

Workers::Workers(const Environment& environment, std::size_t threads, Events events)
    : main_(environment.main), pool_(environment.pool) {
  const auto shared = std::make_shared<const Events>(std::move(events));
  for (std::size_t i = 0; i < threads; ++i) {
    WorkerThread::Events own;
    own.log_waiting = [this, shared] { asio::post(main_, [shared] { shared->log_waiting(); }); };
    own.wanted = [this, shared](const App& app) {
      asio::post(main_, [shared, name = app.settings.app, gate = app.gate] {
        shared->wanted(name, gate);
      });
    };
    own.done = [this] {
      asio::post(main_, [this] {
        if (--still_serving_ == 0) left_();
      });
    };
    const Worker::Settings settings{draw_seed(environment.random), environment.times,
                                    environment.share, environment.guard};
    threads_.push_back(std::make_unique<WorkerThread>(environment.clock, settings, std::move(own)));
  }
}

Result<> Workers::listen(std::vector<Port> ports, tls::Service& tls) {
  std::vector<tls::Context*> contexts(threads_.size());
  for (Port& port : ports) {
    if (port.tls) DAVIT_TRY(prepare_tls(port, tls, contexts));
    std::size_t next = 0;
    for (UniqueFd& socket : port.sockets) {
      const std::size_t thread = next++ % threads_.size();
      sockets_.push_back(socket.get());
      DAVIT_TRY(threads_[thread]->listen(std::move(socket), port.tls ? contexts[thread] : nullptr));
    }
  }
  return {};
}

// A context for each thread, once; redirections lead to the first HTTPS port.
Result<> Workers::prepare_tls(const Port& port, tls::Service& tls,
                              std::vector<tls::Context*>& contexts) {
  if (contexts.front() != nullptr) return {};
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    auto made = tls.make_context();
    if (!made) return std::move(made).error();
    contexts[i] = *made;
    threads_[i]->before_start().https_port = port.address.substr(port.address.rfind(':') + 1);
  }
  return {};
}

void Workers::serve_by(std::shared_ptr<const Routes> routes, std::vector<TargetPtr> left,
                       std::function<void()> done) {
  auto change = std::make_shared<Switch>();
  change->missing = threads_.size();
  change->done = std::move(done);
  const auto targets = std::make_shared<const std::vector<TargetPtr>>(std::move(left));
  for (const auto& thread : threads_) {
    thread->serve_by(routes, targets, [this, change](std::shared_ptr<const Routes> before) {
      asio::post(main_, [this, change, before = std::move(before)]() mutable {
        // The last reference goes away on the pool: freeing ten thousand apps takes milliseconds.
        change->before = std::move(before);
        if (--change->missing > 0) return;
        change->done();
        asio::post(pool_, [freed = std::move(change->before)] {});
      });
    });
  }
}

void Workers::start() {
  still_serving_ = threads_.size();
  for (const auto& thread : threads_) thread->start();
}

void Workers::leave(WorkerThread::Leaving leaving, std::function<void()> done) {
  left_ = std::move(done);
  // Who sees an idle connection close may connect anew: not to a thread that has yet to hear of it.
  const auto accepting = std::make_shared<std::size_t>(threads_.size());
  for (const auto& thread : threads_) {
    thread->stop_accepting([this, accepting, leaving] {
      asio::post(main_, [this, accepting, leaving] {
        if (--*accepting > 0) return;
        for (const auto& each : threads_) each->leave(leaving);
      });
    });
  }
}

void Workers::gather_log(AccessLog& log) {
  for (const auto& thread : threads_) {
    LogBatch batch = thread->collect_log();
    log.count_dropped(batch.dropped);
    for (LogLine& line : batch.lines) log.append(std::move(line));
  }
}

void Workers::gather_traffic(TakeTraffic take, std::function<void()> done) {
  struct Gathering {
    std::size_t missing;
    TakeTraffic take;
    std::function<void()> done;
  };
  const auto gathering =
      std::make_shared<Gathering>(Gathering{threads_.size(), std::move(take), std::move(done)});
  for (const auto& thread : threads_) {
    thread->take_traffic([this, gathering](TrafficMeter::ByApp traffic) {
      asio::post(main_, [gathering, traffic = std::move(traffic)] {
        gathering->take(traffic);
        if (--gathering->missing == 0) gathering->done();
      });
    });
  }
}

void Workers::join() {
  for (const auto& thread : threads_) thread->join();
}

}  // namespace davit::router
