#include "dyno/watch/keyed_numbers.hpp"

#include <algorithm>
#include <charconv>

namespace davit::dyno {

std::uint64_t lone_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.begin(), text.end(), value);
  return value;
}

std::uint64_t keyed_number(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return lone_number(line.substr(key.size() + 1));
    }
  }
  return 0;
}

}  // namespace davit::dyno
