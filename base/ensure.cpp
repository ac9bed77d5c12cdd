#include "base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace davit {

void ensure(bool condition, const char* promise, std::source_location where) {
  if (condition) return;
  std::fprintf(stderr, "%s:%u: broken promise: %s\n", where.file_name(), where.line(), promise);
  std::abort();
}

}  // namespace davit
