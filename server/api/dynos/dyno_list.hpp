#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/api/context.hpp"

namespace davit::api {

// While a release is being switched, an old dyno and its successor have the same name: the one on
// its way out is not what people ask for.
std::vector<supervisor::DynoView> visible_dynos(Context& context, const AppId& app);
// By id or name.
std::optional<supervisor::DynoView> find_dyno(Context& context, const AppId& app,
                                              const std::string& text);
Error no_such_dyno(const std::string& text);

}  // namespace davit::api
