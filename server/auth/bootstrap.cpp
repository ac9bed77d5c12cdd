#include "server/auth/bootstrap.hpp"

#include "server/auth/secrets.hpp"

namespace davit::auth {

Result<std::optional<AdminSecrets>> ensure_admin(store::Stores& stores, const std::string& domain,
                                                 const Clock& clock, Random& random) {
  if (!stores.users.list().empty()) return std::optional<AdminSecrets>();
  AdminSecrets secrets{"admin@" + domain, make_password(random), make_token(random)};
  store::User user;
  user.id = UserId::make(random);
  user.email = secrets.email;
  user.password_hash = hash_password(secrets.password);
  user.admin = true;
  user.created_at = clock.wall();
  DAVIT_TRY(stores.users.add(user));
  store::Token token;
  token.id = TokenId::make(random);
  token.user = user.id;
  token.description = "first key of the server";
  token.hash = token_hash(secrets.api_key);
  token.created_at = user.created_at;
  DAVIT_TRY(stores.users.add_token(token));
  return std::optional<AdminSecrets>(std::move(secrets));
}

}  // namespace davit::auth
