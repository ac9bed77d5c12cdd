#pragma once
#include <string_view>

namespace davit::api {

// Whether an Accept header asks for what we speak: "application/vnd.heroku+json;
// version=3[.variant]", any JSON, or nothing in particular.
bool accepts_version_3(std::string_view accept);
bool accepts_event_stream(std::string_view accept);

}  // namespace davit::api
