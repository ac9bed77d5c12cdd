#include "server/build/stack.hpp"

#include <gnu/libc-version.h>

#include <charconv>
#include <utility>

namespace davit::build {

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

std::string host_stack() {
  return stack_for_glibc(::gnu_get_libc_version());
}

}  // namespace davit::build
