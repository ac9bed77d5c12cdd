#pragma once
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace davit {

// Bytes that are left on the disk of `path`, without what is root's. Blocking.
Result<std::uint64_t> free_disk_bytes(const std::string& path);

// So much of the disk of `path` stays free: the database and running apps write there too.
// Blocking. Errors: unavailable.
Result<> check_disk_room(const std::string& path, std::uint64_t reserve_bytes);

}  // namespace davit
