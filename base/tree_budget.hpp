#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace davit {

// What writers of strangers' files may put on a disk, all of them together: so many bytes and
// files, and never what leaves less than a reserve free. One thread at a time.
class TreeBudget {
 public:
  struct Limits {
    std::uint64_t bytes = 0;
    std::size_t files = 0;  // folders and links count
    std::uint64_t disk_reserve_bytes = 0;
  };
  // `folder`: on the disk that is written to.
  TreeBudget(std::string folder, Limits limits) : folder_(std::move(folder)), left_(limits) {}

  // Before each file, and before each piece of its content; the disk is looked at now and then.
  // Errors: too_large (bytes), limit_exceeded (files), unavailable (disk).
  Result<> take_file();
  Result<> take_bytes(std::uint64_t bytes);
  const Limits& left() const { return left_; }

 private:
  Result<> look_at_disk(std::uint64_t bytes);
  std::string folder_;
  Limits left_;
  std::uint64_t unseen_bytes_ = 0;  // since the disk was looked at
  bool looked_ = false;
};

}  // namespace davit
