#pragma once
#include <optional>
#include <string_view>

#include "server/api/context.hpp"
#include "server/api/shape/objects.hpp"

// What creating and changing an app have in common.
namespace davit::api {

Error name_taken(const AppName& name);
// For what a client may name but has one value here. Errors: invalid_argument.
Result<> check_single_choice(const JsonObject& body, const char* key, std::string_view only);
Result<std::optional<AppName>> wanted_name(const JsonObject& body);
Task<AppView> view_app(Context& context, store::App app);

}  // namespace davit::api
