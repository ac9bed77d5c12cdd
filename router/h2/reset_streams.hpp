#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

namespace davit::router::h2 {

// Streams that this side ended while the client's was open: what the client had sent by then may
// still come and is no error, as it is on streams that the client itself has ended (RFC 9113 5.1).
// Remembers the last ones, and is lenient about any before those. Pure.
class ResetStreams {
 public:
  void add(std::int32_t id) {
    std::int32_t& place = ids_[next_++ % ids_.size()];
    forgotten_ = std::max(forgotten_, place);
    place = id;
  }
  bool may_have(std::int32_t id) const {
    return id <= forgotten_ || std::find(ids_.begin(), ids_.end(), id) != ids_.end();
  }

 private:
  std::array<std::int32_t, 128> ids_{};
  std::size_t next_ = 0;
  std::int32_t forgotten_ = 0;
};

}  // namespace davit::router::h2
