#include "router/worker.hpp"

namespace davit::router {

bool Worker::free_descriptor() {
  complaints.no_descriptor(clock.steady());
  if (pool.size() > 0) {
    pool.close_all();
    return true;
  }
  return crowd.make_room();
}

bool Worker::make_request_room() {
  while (requests + crowd.count(Live::Doing::clogged) >= capacity.requests) {
    Live* const tunnel = crowd.oldest(Live::Doing::clogged);
    if (tunnel == nullptr) return false;
    tunnel->give_way();
  }
  return true;
}

void Worker::bound_clogged_tunnels() {
  while (requests + crowd.count(Live::Doing::clogged) > capacity.requests) {
    Live* const tunnel = crowd.oldest(Live::Doing::clogged);
    if (tunnel == nullptr) return;
    tunnel->give_way();
  }
}

}  // namespace davit::router
