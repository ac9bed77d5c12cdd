#include "dyno/spool.hpp"

#include <algorithm>
#include <cstring>

#include "base/ensure.hpp"

namespace davit::dyno {

std::uint64_t Spool::room() const {
  if (policy_ == SpoolPolicy::drop_oldest) return bytes_max_;
  const auto held = end_ - begin_;
  return held < bytes_max_ ? bytes_max_ - held : 0;
}

void Spool::append(std::string_view bytes) {
  ensure(bytes.size() <= room(), "the spool is asked for room first");
  store(bytes);
  if (end_ - begin_ > bytes_max_) drop(end_ - bytes_max_);
}

void Spool::append_last(std::string_view bytes) {
  store(bytes);
  if (policy_ == SpoolPolicy::drop_oldest && end_ - begin_ > bytes_max_) drop(end_ - bytes_max_);
}

void Spool::store(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t index = end_ / block_bytes - first_block_;
    if (index == blocks_.size()) {
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_bytes));
    }
    const std::size_t at = end_ % block_bytes;
    const std::size_t count = std::min(bytes.size(), block_bytes - at);
    std::memcpy(blocks_[index].get() + at, bytes.data(), count);
    bytes.remove_prefix(count);
    end_ += count;
  }
}

std::string Spool::read(std::uint64_t offset, std::size_t max) const {
  ensure(offset >= begin_ && offset <= end_, "only what is held is read");
  std::string out;
  std::size_t left = std::min<std::uint64_t>(max, end_ - offset);
  out.reserve(left);
  while (left > 0) {
    const std::size_t at = offset % block_bytes;
    const std::size_t count = std::min(left, block_bytes - at);
    out.append(blocks_[offset / block_bytes - first_block_].get() + at, count);
    offset += count;
    left -= count;
  }
  return out;
}

void Spool::release(std::uint64_t offset) {
  ensure(offset <= end_, "only what was produced is released");
  if (offset <= begin_) return;
  drop(offset);
  lines_released_ = lines_dropped_;
}

void Spool::drop(std::uint64_t offset) {
  lines_dropped_ += count_lines(begin_, offset);
  begin_ = offset;
  while (!blocks_.empty() && (first_block_ + 1) * block_bytes <= begin_) {
    blocks_.pop_front();
    ++first_block_;
  }
  // A block that is filled to the brim and acknowledged leaves none; the next begins where end is.
  if (blocks_.empty()) first_block_ = end_ / block_bytes;
}

std::uint64_t Spool::count_lines(std::uint64_t from, std::uint64_t to) const {
  std::uint64_t lines = 0;
  while (from < to) {
    const std::size_t at = from % block_bytes;
    const std::size_t count = std::min<std::uint64_t>(to - from, block_bytes - at);
    const char* begin = blocks_[from / block_bytes - first_block_].get() + at;
    lines += static_cast<std::uint64_t>(std::count(begin, begin + count, '\n'));
    from += count;
  }
  return lines;
}

std::uint64_t Spool::lines_before(std::uint64_t offset) const {
  ensure(offset <= end_, "only what was produced is counted");
  if (offset < begin_) return lines_released_;
  return lines_dropped_ + count_lines(begin_, offset);
}

}  // namespace davit::dyno
