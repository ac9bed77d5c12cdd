#pragma once
#include <boost/intrusive/list.hpp>

namespace davit::router {

// A request that waits for its app. Destroying it takes it out.
class Parked : public boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual void on_wake() = 0;

 protected:
  ~Parked() = default;
};

// Requests to apps that have no dyno yet, or none with a place free, first come first served. Their
// app's gate counts and bounds them. Who waits has its own deadline. One thread's.
class Parking {
 public:
  void park(Parked& request);
  // All of them look again: the route table has changed. Each may park again.
  void wake_all();

 private:
  boost::intrusive::list<Parked, boost::intrusive::constant_time_size<false>> parked_;
};

}  // namespace davit::router
