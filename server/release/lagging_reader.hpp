#pragma once
#include <cstddef>
#include <string>

#include "base/clock.hpp"
#include "base/condition.hpp"
#include "base/output_sink.hpp"

namespace davit::release {

// Between a build and somebody who may read slowly: a pusher whose terminal stands still must not
// hold up a build, and with it all that wait behind it. What was not read yet is kept, so much and
// no more; a writer then waits, but not longer than `patience` in the life of it all. After that
// the oldest of it makes way, and the reader is told: how it ended is what he must see. io thread
// only; the reader outlives it.
class LaggingReader final : public OutputSink {
 public:
  struct Limits {
    std::size_t bytes_max = 0;
    SteadyTime::duration patience{0};
  };
  LaggingReader(asio::any_io_executor executor, OutputSink& reader, Limits limits)
      : reader_(reader), limits_(limits), changed_(std::move(executor)) {}

  Task<> write(std::string bytes) override;
  // Gives everything to the reader; returns after close(), when he has it. Not cancellable: a build
  // that was cancelled still says so.
  Task<> run();
  void close();

 private:
  bool fits(std::size_t bytes) const { return waiting_.size() + bytes <= limits_.bytes_max; }
  Task<> wait_for_room(std::size_t bytes);
  void make_room(std::size_t bytes);

  OutputSink& reader_;
  Limits limits_;  // the patience that is left
  Condition changed_;
  std::string waiting_;
  std::size_t left_out_ = 0;  // bytes
  bool closed_ = false;
};

}  // namespace davit::release
