#include "tests/support/fakes.hpp"

namespace davit::test {

std::string SeededRandom::bytes(std::size_t count) {
  std::string drawn(count, '\0');
  for (char& c : drawn) c = static_cast<char>(engine_() & 255);
  return drawn;
}

Task<> StringSink::write(std::string bytes) {
  text_ += bytes;
  co_return;
}

}  // namespace davit::test
