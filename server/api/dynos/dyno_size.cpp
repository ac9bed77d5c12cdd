#include "server/api/dynos/dyno_size.hpp"

#include <cctype>

namespace davit::api {

std::string shown_size(const std::string& stored) {
  std::string shown = stored;
  if (!shown.empty()) {
    shown[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(shown[0])));
  }
  return shown;
}

}  // namespace davit::api
