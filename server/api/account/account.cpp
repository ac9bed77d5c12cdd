#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/api/handlers.hpp"
#include "server/api/shape/objects.hpp"
#include "server/auth/credentials.hpp"

namespace davit::api {
namespace {

UserRef self(const Call& call) { return {call.who().user.str(), call.who().email}; }

// The token that came with this very request: the one text of a token that we can show.
std::string own_token(const Call& call) {
  auto credentials = auth::parse_authorization(call.request().fields.get("Authorization"));
  return credentials ? std::move(credentials->secret) : std::string();
}

// ":authorization" is an id, or "~" for the one in use. not_found for anything else.
Task<Result<store::Token>> find_authorization(Context& context, Call& call) {
  const std::string wanted = call.param("authorization");
  const auto list = co_await context.services.authenticator.tokens(call.who().user);
  for (const auto& token : list) {
    if (token.id.str() == wanted || (wanted == "~" && token.id == call.caller->token)) {
      co_return token;
    }
  }
  co_return fail(Errc::not_found, "Couldn't find that authorization.");
}

// Only "global" is known: giving more than was asked for would be worse than refusing.
Result<> check_scope(const JsonObject& body) {
  const auto* scope = body.find("scope");
  if (scope == nullptr) return {};
  const bool good = scope->is_array() && std::ranges::all_of(*scope, [](const auto& entry) {
                      return entry.is_string() && entry == "global";
                    });
  if (good) return {};
  return fail(Errc::invalid_argument, "scope: only [\"global\"] is available on this server");
}

}  // namespace

Task<Result<Reply>> account_info(Context& context, Call& call) {
  const auto user = co_await context.services.authenticator.user(call.who().user);
  if (!user) co_return user.error();
  co_return json_reply(200, account_json(*user));
}

// Changes the password: {"password": old, "new_password": new}. Every API key of the user stops
// working.
Task<Result<Reply>> account_change(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  const auto old_password = body->required_text("password");
  if (!old_password) co_return old_password.error();
  const auto new_password = body->required_text("new_password");
  if (!new_password) co_return new_password.error();
  auto& authenticator = context.services.authenticator;
  DAVIT_CO_TRY(co_await authenticator.confirm_password(call.who(), *old_password));
  DAVIT_CO_TRY(co_await authenticator.set_password(call.who().user, *new_password));
  const auto user = co_await authenticator.user(call.who().user);
  if (!user) co_return user.error();
  co_return json_reply(200, account_json(*user));
}

// The dispatcher puts the same number into every answer's head.
Task<Result<Reply>> account_rate_limits(Context& context, Call& call) {
  co_return json_reply(200, nlohmann::json{{"remaining", call.requests_left},
                                           {"limit", context.options.requests_per_hour}});
}

Task<Result<Reply>> authorization_create(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  DAVIT_CO_TRY(check_scope(*body));
  const auto description = body->text("description");
  if (!description) co_return description.error();
  const auto expires_in = body->integer("expires_in");
  if (!expires_in) co_return expires_in.error();
  std::optional<std::chrono::seconds> lifetime;
  if (*expires_in) lifetime = std::chrono::seconds(**expires_in);
  std::string text = description->value_or("Long-lived user authorization");
  auto issued = co_await context.services.authenticator.issue_token(call.who().user,
                                                                    std::move(text), lifetime);
  if (!issued) co_return std::move(issued).error();
  co_return json_reply(201, authorization_json(issued->record, issued->token, self(call),
                                               context.services.clock.wall()));
}

Task<Result<Reply>> authorization_list(Context& context, Call& call) {
  const auto tokens = co_await context.services.authenticator.tokens(call.who().user);
  const WallTime now = context.services.clock.wall();
  auto list = nlohmann::json::array();
  for (const auto& token : tokens) {
    const bool in_use = token.id == call.caller->token;
    list.push_back(authorization_json(token, in_use ? own_token(call) : "", self(call), now));
  }
  co_return json_reply(200, list);
}

Task<Result<Reply>> authorization_info(Context& context, Call& call) {
  const auto token = co_await find_authorization(context, call);
  if (!token) co_return token.error();
  const bool in_use = token->id == call.caller->token;
  co_return json_reply(200, authorization_json(*token, in_use ? own_token(call) : "", self(call),
                                               context.services.clock.wall()));
}

Task<Result<Reply>> authorization_delete(Context& context, Call& call) {
  const auto token = co_await find_authorization(context, call);
  if (!token) co_return token.error();
  const auto removed =
      co_await context.services.authenticator.revoke_token(call.who().user, token->id);
  if (!removed) co_return removed.error();
  co_return json_reply(200,
                       authorization_json(*removed, "", self(call), context.services.clock.wall()));
}

// Browser sessions do not exist here; tools that log out go on after this very answer.
Task<Result<Reply>> session_delete(Context&, Call&) {
  co_return failure_reply({404, "not_found", "Couldn't find that session.", "session"});
}

}  // namespace davit::api
