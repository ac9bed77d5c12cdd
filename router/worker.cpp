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

}  // namespace davit::router
