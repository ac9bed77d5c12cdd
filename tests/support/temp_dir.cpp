#include "tests/support/temp_dir.hpp"

#include <cstdlib>

#include "base/ensure.hpp"
#include "base/files.hpp"

namespace davit::test {
namespace {

std::filesystem::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  ensure(value != nullptr, "run through ctest, or set DAVIT_BIN and DAVIT_SOURCE");
  return value;
}

}  // namespace

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "davit-test-XXXXXX").string();
  ensure(::mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
  path_ = name;
}

TempDir::~TempDir() { (void)remove_tree(path_); }

unsigned mode_of(const std::filesystem::path& path) {
  return static_cast<unsigned>(std::filesystem::status(path).permissions());
}

std::filesystem::path programs_dir() { return from_environment("DAVIT_BIN"); }
std::filesystem::path source_dir() { return from_environment("DAVIT_SOURCE"); }

}  // namespace davit::test
