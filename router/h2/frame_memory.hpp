#pragma once
#include <cstddef>

namespace davit::router::h2 {

// The memory of one libnghttp2 session. The send buffer that every session keeps for good, a whole
// frame of 16 kB, has pages of its own here, which an idle connection gives back; all else is
// malloc's. It outlives the session. One thread.
class FrameMemory {
 public:
  FrameMemory() = default;
  ~FrameMemory();
  FrameMemory(const FrameMemory&) = delete;
  FrameMemory& operator=(const FrameMemory&) = delete;

  // As malloc, free and realloc.
  void* allocate(std::size_t size);
  void free(void* memory);
  void* resize(void* memory, std::size_t size);
  // What the send buffer holds is lost: for sessions that have nothing to send.
  void give_back();

 private:
  void* buffer_ = nullptr;
  std::size_t buffer_bytes_ = 0;
};

}  // namespace davit::router::h2
