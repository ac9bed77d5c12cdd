#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit {

// Reading and writing in trees that an app's own scripts have made: a link in them may point at
// /etc/shadow, and we may be root. Nothing here ever leaves `root`. Blocking.

// Errors: not_found; forbidden when the path leaves the tree.
Result<UniqueFd> open_beneath(int root, std::string_view path, int flags);

// nullopt: there is none. A folder, a device or a FIFO is an error. Links that stay within the tree
// are followed.
Result<std::optional<std::string>> read_beneath(const std::string& root, std::string_view path,
                                                std::size_t bytes_max);

// Creates a new file; links are never followed, an existing file is replaced. Only the last folder
// is made.
struct NewFile {
  std::string folder;  // one level; empty: the root itself
  std::string name;
  std::string content;
  std::optional<std::uint32_t> uid;
};
Result<> write_beneath(const std::string& root, const NewFile& file);

// Is a real folder, not a link to one.
Result<> check_real_directory(const std::string& path);

}  // namespace davit
