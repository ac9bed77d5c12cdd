#pragma once
#include <boost/intrusive/list.hpp>
#include <string>
#include <unordered_map>

namespace davit::router {

// A request that waits for its app. Destroying it takes it out.
class Parked : public boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual void on_wake() = 0;

 protected:
  ~Parked() = default;
};

// Requests to apps that have no dyno yet, first come first served, bounded per app. Who waits has
// its own deadline. One thread's.
class Parking {
 public:
  // false: the app's queue is full.
  bool park(const std::string& app, Parked& request);
  // All of them look again: the route table has changed. Each may park again.
  void wake_all();
  std::size_t size(const std::string& app) const;

 private:
  using Queue = boost::intrusive::list<Parked, boost::intrusive::constant_time_size<false>>;
  std::unordered_map<std::string, Queue> queues_;
};

}  // namespace davit::router
