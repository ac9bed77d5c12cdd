#include <nlohmann/json.hpp>

#include "server/api/handlers.hpp"
#include "server/api/shape/list_range.hpp"
#include "server/api/shape/objects.hpp"
#include "server/auth/credentials.hpp"

namespace davit::api {

Task<Result<Reply>> user_list(Context& context, Call& call) {
  std::vector<nlohmann::json> list;
  const auto users = co_await context.services.authenticator.users();
  for (const auto& user : users) {
    list.push_back(user_json(user));
  }
  co_return list_reply(std::move(list), call.range(), {{"email", "id", "created_at"}, false});
}

// {"email", "password"?, "admin"?}. Password and API key are in the answer, once, for the admin to
// hand over.
Task<Result<Reply>> user_create(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  auto email = body->required_text("email");
  if (!email) co_return std::move(email).error();
  auto password = body->text("password");
  if (!password) co_return std::move(password).error();
  const auto admin = body->flag("admin");
  if (!admin) co_return admin.error();
  auth::NewUser request{std::move(*email), std::move(*password), admin->value_or(false)};
  const auto added = co_await context.services.authenticator.add_user(std::move(request));
  if (!added && added.error().code == Errc::conflict) {
    co_return fail(Errc::invalid_argument, "email: {}", added.error().message);
  }
  if (!added) co_return added.error();
  auto user = user_json(added->record);
  user["password"] = added->password;
  user["api_key"] = added->token.token;
  co_return json_reply(201, user);
}

Task<Result<Reply>> user_delete(Context& context, Call& call) {
  const std::string wanted = call.param("user");
  const auto email = auth::normal_email(wanted);
  const auto users = co_await context.services.authenticator.users();
  for (const auto& user : users) {
    if (user.id.str() != wanted && (!email || user.email != *email)) continue;
    if (user.id == call.who().user) {
      co_return fail(Errc::conflict,
                     "You cannot remove yourself ({}): let another admin do it, so that the server "
                     "is never without one.",
                     user.email);
    }
    const auto removed = co_await context.services.authenticator.remove_user(user.id);
    if (!removed) co_return removed.error();
    co_return json_reply(200, user_json(*removed));
  }
  co_return failure_reply({404, "not_found", "Couldn't find that user.", "user"});
}

}  // namespace davit::api
