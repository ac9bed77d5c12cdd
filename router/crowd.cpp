#include "router/crowd.hpp"

namespace davit::router {

std::size_t Crowd::size() const {
  std::size_t count = 0;
  for (const Part& part : parts_) count += part.size();
  return count;
}

bool Crowd::make_room() {
  for (const Live::Doing doing : {Live::Doing::cold, Live::Doing::warm, Live::Doing::arriving}) {
    Live* const first = oldest(doing);
    if (first == nullptr) continue;
    first->close_now();
    return true;
  }
  return false;
}

void Crowd::keep_buffers_below(std::size_t max) {
  while (count(Live::Doing::warm) + count(Live::Doing::arriving) > max) {
    // What is told to cool down does so when its operation ends: it counts as cold at once.
    if (Live* const warm = oldest(Live::Doing::warm)) {
      put(*warm, Live::Doing::cold);
      warm->cool_down();
      continue;
    }
    if (count(Live::Doing::arriving) <= 1) return;
    oldest(Live::Doing::arriving)->close_now();
  }
}

void Crowd::finish_soon() {
  for (Part& part : parts_) {
    for (auto live = part.begin(); live != part.end();) (live++)->finish_soon();
  }
}

void Crowd::close_all() {
  for (Part& part : parts_) {
    while (!part.empty()) part.front().close_now();
  }
}

}  // namespace davit::router
