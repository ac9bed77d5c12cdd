#include "router/h2/frame_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace davit::router::h2 {
namespace {

// RFC 9113 4.2: the longest frame, as long as neither side asked for longer ones.
constexpr std::size_t frame_bytes = 16 * 1024;

}  // namespace

FrameMemory::~FrameMemory() { free(buffer_); }

void* FrameMemory::allocate(std::size_t size) {
  if (size < frame_bytes || buffer_ != nullptr) return std::malloc(size);
  void* const pages =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return std::malloc(size);  // the kernel's count of mappings is used up
  buffer_ = pages;
  buffer_bytes_ = size;
  return buffer_;
}

void FrameMemory::free(void* memory) {
  if (memory == nullptr) return;
  if (memory != buffer_) return std::free(memory);
  ::munmap(std::exchange(buffer_, nullptr), buffer_bytes_);
}

void* FrameMemory::resize(void* memory, std::size_t size) {
  if (memory == nullptr) return allocate(size);
  if (memory != buffer_) return std::realloc(memory, size);
  void* const moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, std::min(size, buffer_bytes_));
  free(memory);
  return moved;
}

void FrameMemory::give_back() {
  if (buffer_ != nullptr) ::madvise(buffer_, buffer_bytes_, MADV_DONTNEED);
}

}  // namespace davit::router::h2
