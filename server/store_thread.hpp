#pragma once
#include <boost/asio/thread_pool.hpp>
#include <utility>

#include "base/run_blocking.hpp"
#include "store/stores.hpp"

namespace davit {

// The one thread that touches the database. co_await thread.run([&](store::Stores& stores) { … })
// from the io thread. Name an owning lambda on the line above (see base/run_blocking.hpp).
class StoreThread {
 public:
  explicit StoreThread(store::Stores& stores) : stores_(stores), pool_(1) {}
  ~StoreThread() { pool_.join(); }

  template <class Job>
  auto run(Job job) {
    auto bound = [this, job = std::move(job)]() mutable { return job(stores_); };
    return run_blocking(pool_, std::move(bound));
  }

 private:
  store::Stores& stores_;
  asio::thread_pool pool_;
};

}  // namespace davit
