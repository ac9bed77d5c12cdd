#pragma once
#include <random>

#include "base/clock.hpp"
#include "base/output_sink.hpp"
#include "base/random.hpp"

namespace davit::test {

class FakeClock final : public Clock {
 public:
  SteadyTime steady() const override { return steady_; }
  WallTime wall() const override { return wall_; }
  void advance(std::chrono::microseconds by) {
    steady_ += by;
    wall_ += by;
  }

 private:
  SteadyTime steady_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z
};

// Prints its seed where a test fails to say which one it was.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::string bytes(std::size_t count) override;

 private:
  std::mt19937_64 engine_;
};

class StringSink final : public OutputSink {
 public:
  Task<> write(std::string bytes) override;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace davit::test
