#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit {

// Blocking: a worker thread's business where the path may be slow. Errors name the path.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);

// Replaces the file in one step (temporary file, fsync, rename, fsync of the folder): a crash
// leaves the old or the new content, never a part.
Result<> write_file_atomic(const std::filesystem::path& path, std::string_view content,
                           mode_t mode);

Result<> make_directories(const std::filesystem::path& path, mode_t mode);

// Removes the tree without following links, also where folders in it are read-only. A missing path
// is no error.
Result<> remove_tree(const std::filesystem::path& path);

// Bytes that the tree takes on disk (st_blocks), not following links.
Result<std::uint64_t> tree_bytes(const std::filesystem::path& path);

Result<> write_all(int fd, std::string_view bytes);
Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, mode_t mode = 0);

}  // namespace davit
