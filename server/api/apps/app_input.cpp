#include "server/api/apps/app_input.hpp"

namespace davit::api {

Error name_taken(const AppName& name) {
  return fail(Errc::invalid_argument, "Name {} is already taken", name.str());
}

Result<> check_single_choice(const JsonObject& body, const char* key, std::string_view only) {
  const auto wanted = body.identity(key);
  if (!wanted) return wanted.error();
  if (!*wanted || **wanted == only) return {};
  return fail(Errc::invalid_argument, "{}: this server has one, '{}'; leave it out", key, only);
}

Result<std::optional<AppName>> wanted_name(const JsonObject& body) {
  const auto text = body.text("name");
  if (!text) return text.error();
  if (!*text) return std::optional<AppName>();
  auto name = AppName::parse(**text);
  if (!name) return fail(Errc::invalid_argument, "name: {}", name.error().message);
  return std::optional<AppName>(std::move(*name));
}

Task<AppView> view_app(Context& context, store::App app) {
  auto job = [app](store::Stores& stores) {
    AppView view{app, {app.owner.str(), "removed user"}, std::nullopt};
    if (const auto owner = stores.users.find(app.owner)) view.owner.email = owner->email;
    const auto current = stores.releases.current(app.id);
    if (!current || !current->slug) return view;
    if (auto slug = stores.slugs.find(*current->slug)) view.slug = std::move(*slug);
    return view;
  };
  co_return co_await context.services.store.run(std::move(job));
}

}  // namespace davit::api
