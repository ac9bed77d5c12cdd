#include "server/build/stack.hpp"

#include <gnu/libc-version.h>

#include <charconv>
#include <filesystem>
#include <utility>

#include "base/files.hpp"

namespace davit::build {
namespace {

constexpr std::size_t libc_bytes_max = 16 * 1024 * 1024;

// "2.36", from the library's own banner: "GNU C Library (…) stable release version 2.36."
std::string glibc_below(const std::string& root) {
  constexpr std::string_view banner = " release version ";
  std::error_code ec;
  for (const char* lib : {"/lib", "/usr/lib", "/lib64", "/usr/lib64"}) {
    for (const auto& entry : std::filesystem::directory_iterator(root + lib, ec)) {
      const auto folder = entry.is_directory(ec) ? entry.path() : entry.path().parent_path();
      const auto library = read_file(folder / "libc.so.6", libc_bytes_max);
      const auto at = library ? library->find(banner) : std::string::npos;
      if (at != std::string::npos) return library->substr(at + banner.size(), 8);
    }
  }
  return {};
}

}  // namespace

std::string stack_for_glibc(std::string_view version) {
  const std::size_t dot = version.find('.');
  int major = 0;
  int minor = 0;
  if (dot != std::string_view::npos) {
    std::from_chars(version.data(), version.data() + dot, major);
    std::from_chars(version.data() + dot + 1, version.data() + version.size(), minor);
  }
  const auto glibc = std::pair(major, minor);
  if (glibc >= std::pair(2, 43)) return "heroku-26";  // Ubuntu 26.04
  if (glibc >= std::pair(2, 39)) return "heroku-24";  // Ubuntu 24.04, Debian 13
  return "heroku-22";  // Ubuntu 22.04, Debian 12; packs refuse names of older stacks
}

std::string stack_of(const std::string& root) {
  if (root.empty()) return stack_for_glibc(::gnu_get_libc_version());
  return stack_for_glibc(glibc_below(root));
}

}  // namespace davit::build
