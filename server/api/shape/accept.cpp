#include "server/api/shape/accept.hpp"

namespace davit::api {

bool accepts_version_3(std::string_view accept) {
  if (accept.find("application/vnd.heroku+json") == std::string_view::npos) return true;
  const auto at = accept.find("version=");
  if (at == std::string_view::npos) return true;
  auto version = accept.substr(at + 8);
  version = version.substr(0, version.find_first_of(",; "));
  return version == "3" || version.starts_with("3.");
}

bool accepts_event_stream(std::string_view accept) {
  return accept.find("text/event-stream") != std::string_view::npos;
}

}  // namespace davit::api
