#pragma once
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ensure.hpp"
#include "router/limits.hpp"

namespace davit::router {

// Blocks of limits::block_bytes, kept for the next borrower. Not cleared: the kernel gives memory
// only to the pages that were written. One thread.
class BlockPool {
 public:
  using Block = std::unique_ptr<char[]>;
  Block take() {
    if (free_.empty()) return Block(new char[limits::block_bytes]);
    Block block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void give_back(Block block) {
    if (free_.size() < limits::free_blocks_max) free_.push_back(std::move(block));
  }

 private:
  std::vector<Block> free_;
};

// Bytes on their way, in one borrowed block or in none. The pool must outlive it.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = other.pool_;
    block_ = std::move(other.block_);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
  }
  ~Buffer() { release(); }

  bool held() const { return block_ != nullptr; }
  void acquire(BlockPool& pool) {
    if (held()) return;
    pool_ = &pool;
    block_ = pool.take();
    begin_ = end_ = limits::block_headroom;
  }
  void release() {
    if (block_) pool_->give_back(std::move(block_));
    begin_ = end_ = 0;
  }

  char* data() { return block_.get() + begin_; }
  std::string_view view() const { return {block_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  char* space() { return block_.get() + end_; }
  std::size_t space_bytes() const { return limits::block_bytes - end_; }

  void commit(std::size_t bytes) { end_ += bytes; }
  void truncate(std::size_t bytes) { end_ = begin_ + bytes; }
  void consume(std::size_t bytes) { begin_ += bytes; }
  void unconsume(std::size_t bytes) { begin_ -= bytes; }
  void rewind() { begin_ = end_ = held() ? limits::block_headroom : 0; }  // empty, all its space
  void compact() {  // moves what is there to the front
    const std::size_t bytes = size();
    std::memmove(block_.get() + limits::block_headroom, data(), bytes);
    begin_ = limits::block_headroom;
    end_ = begin_ + bytes;
  }
  void append(std::string_view bytes) {
    ensure(bytes.size() <= space_bytes(), "a buffer has the space for what is appended");
    if (bytes.empty()) return;
    std::memcpy(space(), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void prepend(std::string_view bytes) {
    ensure(bytes.size() <= begin_, "a buffer has the headroom for what is put in front");
    begin_ -= bytes.size();
    std::memcpy(data(), bytes.data(), bytes.size());
  }

 private:
  BlockPool* pool_ = nullptr;
  BlockPool::Block block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace davit::router
