#include "base/tree_budget.hpp"

#include "base/disk_room.hpp"

namespace davit {
namespace {

// What is written between two looks at the disk.
constexpr std::uint64_t look_step_bytes = 16ull * 1024 * 1024;
// A file takes a block and an inode however small it is.
constexpr std::uint64_t file_bytes = 4096;

}  // namespace

Result<> TreeBudget::look_at_disk(std::uint64_t bytes) {
  unseen_bytes_ += bytes;
  if (looked_ && unseen_bytes_ < look_step_bytes) return {};
  looked_ = true;
  unseen_bytes_ = bytes < look_step_bytes ? 0 : bytes;
  return check_disk_room(folder_, left_.disk_reserve_bytes + bytes);
}

Result<> TreeBudget::take_file() {
  if (left_.files == 0) return fail(Errc::limit_exceeded, "it has too many files");
  --left_.files;
  return look_at_disk(file_bytes);
}

Result<> TreeBudget::take_bytes(std::uint64_t bytes) {
  if (bytes > left_.bytes) return fail(Errc::too_large, "it is too large");
  left_.bytes -= bytes;
  return look_at_disk(bytes);
}

}  // namespace davit
