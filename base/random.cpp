#include "base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "base/ensure.hpp"

namespace davit {

std::uint64_t Random::below(std::uint64_t bound) {
  ensure(bound > 0, "below() needs a bound above 0");
  const std::uint64_t rest = -bound % bound;  // values below this would make some results likelier
  for (;;) {
    const std::string drawn = bytes(sizeof(std::uint64_t));
    std::uint64_t value = 0;
    std::memcpy(&value, drawn.data(), sizeof value);
    if (value >= rest) return value % bound;
  }
}

std::string SystemRandom::bytes(std::size_t count) {
  std::string drawn(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = ::getrandom(drawn.data() + filled, count - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    ensure(got > 0, "getrandom(2) works on every kernel we run on");
    filled += static_cast<std::size_t>(got);
  }
  return drawn;
}

}  // namespace davit
