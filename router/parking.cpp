#include "router/parking.hpp"

namespace davit::router {

void Parking::park(Parked& request) {
  request.unlink();
  parked_.push_back(request);
}

void Parking::wake_all() {
  decltype(parked_) woken;
  woken.splice(woken.end(), parked_);
  while (!woken.empty()) {
    Parked& request = woken.front();
    woken.pop_front();
    request.on_wake();
  }
}

}  // namespace davit::router
