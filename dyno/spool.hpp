#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "dyno/protocol/spec.hpp"

namespace davit::dyno {

// The dyno's output between "read from its pipe" and "davitd has stored it", addressed by offset in
// the whole output. Memory follows what is unacknowledged: nothing is held in advance.
// Single-threaded.
class Spool {
 public:
  Spool(std::uint64_t bytes_max, SpoolPolicy policy) : bytes_max_(bytes_max), policy_(policy) {}

  // Bytes that append() takes now. drop_oldest always has room.
  std::uint64_t room() const;
  void append(std::string_view bytes);
  // The pipe's rest after the command's exit: kept whatever the policy's limit says when it is
  // `block`, because nobody can be made to wait any more. Bounded by the pipe's capacity.
  void append_last(std::string_view bytes);
  // Up to `max` bytes from `offset` on, which lies in [begin, end].
  std::string read(std::uint64_t offset, std::size_t max) const;
  // What lies before `offset` (at most end) is stored elsewhere.
  void release(std::uint64_t offset);

  // Line ends before `offset`, which lies in [begin, end]; of one before begin what is known: those
  // before the last release().
  std::uint64_t lines_before(std::uint64_t offset) const;

  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }

 private:
  static constexpr std::size_t block_bytes = 16 * 1024;
  void store(std::string_view bytes);
  void drop(std::uint64_t offset);
  std::uint64_t count_lines(std::uint64_t from, std::uint64_t to) const;

  std::uint64_t bytes_max_;
  SpoolPolicy policy_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t lines_dropped_ = 0;   // line ends before begin_
  std::uint64_t lines_released_ = 0;  // of these, before what was released last
  std::uint64_t first_block_ = 0;     // offset / block_bytes of blocks_.front()
  std::deque<std::unique_ptr<char[]>> blocks_;
};

}  // namespace davit::dyno
