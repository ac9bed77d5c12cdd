#pragma once
#include <cstdint>
#include <string>

namespace davit {

// Randomness comes in through constructors. Any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::string bytes(std::size_t count) = 0;
  std::uint64_t below(std::uint64_t bound);  // uniform in [0, bound); bound > 0
};

// getrandom(2): fit for secrets.
class SystemRandom final : public Random {
 public:
  std::string bytes(std::size_t count) override;
};

}  // namespace davit
