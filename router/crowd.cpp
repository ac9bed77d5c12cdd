#include "router/crowd.hpp"

namespace davit::router {

std::size_t Crowd::size() const {
  std::size_t count = 0;
  for (const Part& part : parts_) count += part.size();
  return count;
}

// Handshakes and heads by their age: else who floods with the one would push out all of the other.
Live* Crowd::first_to_go() {
  for (const Live::Doing doing : {Live::Doing::cold, Live::Doing::warm, Live::Doing::leaving}) {
    if (Live* const first = oldest(doing)) return first;
  }
  Live* const head = oldest(Live::Doing::arriving);
  Live* const hands = oldest(Live::Doing::shaking);
  if (head != nullptr && hands != nullptr) return head->since_ < hands->since_ ? head : hands;
  if (head != nullptr || hands != nullptr) return head != nullptr ? head : hands;
  Live* const unread = oldest(Live::Doing::unread);
  return unread != nullptr ? unread : oldest(Live::Doing::clogged);
}

bool Crowd::make_room() {
  Live* const first = first_to_go();
  if (first == nullptr) return false;
  first->give_way();
  return true;
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
    oldest(Live::Doing::arriving)->give_way();
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
