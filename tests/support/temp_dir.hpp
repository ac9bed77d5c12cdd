#pragma once
#include <filesystem>

namespace davit::test {

// A folder of its own below the system's temporary folder; removed with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string str(std::string_view name = {}) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Permission bits, also set-user-id and its like; an exception when there is no such file.
unsigned mode_of(const std::filesystem::path& path);

// Folders that ctest sets (DAVIT_BIN, DAVIT_SOURCE).
std::filesystem::path programs_dir();
std::filesystem::path source_dir();

}  // namespace davit::test
