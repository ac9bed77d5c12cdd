#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace davit::cli {

struct PackedSource {
  std::size_t files = 0;
  std::uint64_t bytes = 0;  // of the tarball
};

// Writes the files (relative to `root`; links as links, folders as a whole, what is gone passed
// over) to `target`, a gzipped tar. Blocking. Errors name the file; too_large.
Result<PackedSource> pack_source(const std::filesystem::path& root,
                                 const std::vector<std::string>& files,
                                 const std::filesystem::path& target);

// A path of a temporary file, which goes with this.
class TemporaryFile {
 public:
  static Result<TemporaryFile> make();
  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace davit::cli
