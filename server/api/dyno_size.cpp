#include "server/api/dyno_size.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/encoding.hpp"

namespace davit::api {

Result<std::string> parse_size(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 5> names = {"standard", "standard-1x", "1x", "basic",
                                                     "eco"};
  if (std::ranges::find(names, lower) != names.end()) return std::string(standard_size);
  return fail(Errc::invalid_argument, "size: '{}' is not a dyno size here; use Standard",
              printable(text, 40));
}

std::string shown_size(const std::string& stored) {
  std::string shown = stored;
  if (!shown.empty()) {
    shown[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(shown[0])));
  }
  return shown;
}

}  // namespace davit::api
