#include "server/auth/authenticator.hpp"

#include <algorithm>

#include "server/auth/credentials.hpp"
#include "server/auth/limits.hpp"
#include "server/auth/secrets.hpp"

namespace davit::auth {
namespace {

Error invalid_credentials() {
  return fail(Errc::unauthorized,
              "Invalid credentials provided. Check the API key, or log in again with `davit "
              "login`.");
}

bool expired(const std::optional<WallTime>& expires_at, WallTime now) {
  return expires_at && *expires_at <= now;
}

Result<> check_new_password(const std::string& password) {
  if (password.size() >= limits::password_bytes_min &&
      password.size() <= limits::password_bytes_max) {
    return {};
  }
  return fail(Errc::invalid_argument, "a password must have {} to {} bytes",
              limits::password_bytes_min, limits::password_bytes_max);
}

}  // namespace

Authenticator::Authenticator(asio::any_io_executor executor, StoreThread& store,
                             asio::thread_pool& workers, const Clock& clock, Random& random)
    : store_(store),
      clock_(clock),
      random_(random),
      passwords_(std::move(executor), workers),
      failures_(clock) {}

Task<Result<Caller>> Authenticator::authenticate(std::string authorization) {
  auto credentials = parse_authorization(authorization);
  if (!credentials) co_return std::move(credentials).error();
  co_return co_await check_token(std::move(credentials->secret));
}

Task<Result<Caller>> Authenticator::authenticate_login(std::string authorization) {
  auto credentials = parse_authorization(authorization);
  if (!credentials) co_return std::move(credentials).error();
  if (credentials->scheme == Credentials::Scheme::bearer || looks_like_token(credentials->secret)) {
    co_return co_await check_token(std::move(credentials->secret));
  }
  co_return co_await check_password(std::move(credentials->user), std::move(credentials->secret));
}

Task<Result<Caller>> Authenticator::check_token(std::string token) {
  if (!looks_like_token(token)) co_return invalid_credentials();
  const std::string hash = token_hash(token);
  const WallTime now = clock_.wall();
  if (const auto found = known_.find(hash); found != known_.end()) {
    if (!expired(found->second.expires_at, now)) co_return found->second.caller;
    known_.erase(found);
    co_return invalid_credentials();
  }
  const std::uint64_t changes = changes_;
  auto job = [hash](store::Stores& stores) -> Result<Known> {
    auto record = stores.users.find_token(hash);
    if (!record) return std::move(record).error();
    auto user = stores.users.find(record->user);
    if (!user) return std::move(user).error();
    return Known{{{user->id, user->email, user->admin}, record->id}, record->expires_at};
  };
  auto known = co_await store_.run(std::move(job));
  if (!known && known.error().code != Errc::not_found) co_return std::move(known).error();
  if (!known || expired(known->expires_at, now)) co_return invalid_credentials();
  if (changes == changes_) remember(hash, *known);
  co_return known->caller;
}

Task<Result<Caller>> Authenticator::check_password(std::string email, std::string password) {
  const auto address = normal_email(email);
  if (!address || password.empty() || password.size() > limits::password_bytes_max) {
    co_return invalid_credentials();
  }
  DAVIT_CO_TRY(failures_.attempt(*address));
  auto job = [address = *address](store::Stores& stores) {
    return stores.users.find_by_email(address);
  };
  const auto user = co_await store_.run(std::move(job));
  if (!user && user.error().code != Errc::not_found) co_return user.error();
  std::string hash = user ? user->password_hash : std::string();
  auto matches = co_await passwords_.verify(std::move(hash), std::move(password));
  if (!matches) co_return std::move(matches).error();
  if (!*matches) co_return invalid_credentials();
  failures_.success(*address);
  co_return Caller{{user->id, user->email, user->admin}, TokenId()};
}

void Authenticator::remember(const std::string& hash, const Known& known) {
  // Full: any one goes; it costs its owner one more look into the database.
  if (known_.size() >= limits::cached_tokens_max) known_.erase(known_.begin());
  known_.insert_or_assign(hash, known);
}

void Authenticator::forget_all() {
  ++changes_;
  known_.clear();
}

Task<Result<IssuedToken>> Authenticator::issue_token(UserId user, std::string description,
                                                     std::optional<std::chrono::seconds> lifetime) {
  if (description.size() > limits::description_bytes_max) {
    co_return fail(Errc::invalid_argument, "description: is longer than {} bytes",
                   limits::description_bytes_max);
  }
  if (lifetime && (lifetime->count() <= 0 || *lifetime > limits::token_lifetime_max)) {
    co_return fail(Errc::invalid_argument, "expires_in: must be 1 second to 10 years");
  }
  const WallTime now = clock_.wall();
  IssuedToken issued;
  issued.token = make_token(random_);
  issued.record.id = TokenId::make(random_);
  issued.record.user = user;
  issued.record.description = std::move(description);
  issued.record.hash = token_hash(issued.token);
  if (lifetime) issued.record.expires_at = now + *lifetime;
  issued.record.created_at = now;
  auto job = [record = issued.record, now](store::Stores& stores) -> Result<> {
    std::size_t working = 0;
    for (const auto& token : stores.users.list_tokens(record.user)) {
      if (!expired(token.expires_at, now)) {
        ++working;
        continue;
      }
      DAVIT_TRY(stores.users.remove_token(token.id));
    }
    if (working >= limits::tokens_per_user_max) {
      return fail(Errc::limit_exceeded,
                  "You have {} API keys, which is the limit. Remove some with DELETE "
                  "/oauth/authorizations/:id, or `davit logout` where you no longer work.",
                  working);
    }
    return stores.users.add_token(record);
  };
  DAVIT_CO_TRY(co_await store_.run(std::move(job)));
  co_return issued;
}

Task<std::vector<store::Token>> Authenticator::tokens(UserId user) {
  auto job = [user](store::Stores& stores) { return stores.users.list_tokens(user); };
  auto list = co_await store_.run(std::move(job));
  const WallTime now = clock_.wall();
  std::erase_if(list, [&](const store::Token& token) { return expired(token.expires_at, now); });
  co_return list;
}

Task<Result<store::Token>> Authenticator::revoke_token(UserId user, TokenId id) {
  forget_all();
  auto job = [user, id](store::Stores& stores) -> Result<store::Token> {
    for (auto& token : stores.users.list_tokens(user)) {
      if (token.id != id) continue;
      DAVIT_TRY(stores.users.remove_token(id));
      return std::move(token);
    }
    return fail(Errc::not_found, "Couldn't find that authorization.");
  };
  auto removed = co_await store_.run(std::move(job));
  forget_all();  // again: a request may have asked the store in between
  co_return removed;
}

Task<Result<store::User>> Authenticator::user(UserId id) {
  auto job = [id](store::Stores& stores) { return stores.users.find(id); };
  co_return co_await store_.run(std::move(job));
}

Task<std::vector<store::User>> Authenticator::users() {
  auto job = [](store::Stores& stores) { return stores.users.list(); };
  co_return co_await store_.run(std::move(job));
}

Task<Result<AddedUser>> Authenticator::add_user(NewUser request) {
  auto email = normal_email(request.email);
  if (!email) co_return std::move(email).error();
  AddedUser added;
  added.password = request.password ? *request.password : make_password(random_);
  DAVIT_CO_TRY(check_new_password(added.password));
  auto hash = co_await passwords_.hash(added.password);
  if (!hash) co_return std::move(hash).error();
  added.record.id = UserId::make(random_);
  added.record.email = std::move(*email);
  added.record.password_hash = std::move(*hash);
  added.record.admin = request.admin;
  added.record.created_at = clock_.wall();
  auto job = [user = added.record](store::Stores& stores) { return stores.users.add(user); };
  DAVIT_CO_TRY(co_await store_.run(std::move(job)));
  auto issued = co_await issue_token(added.record.id, "first key", std::nullopt);
  if (!issued) co_return std::move(issued).error();
  added.token = std::move(*issued);
  co_return added;
}

Task<Result<store::User>> Authenticator::remove_user(UserId id) {
  forget_all();
  auto job = [id](store::Stores& stores) -> Result<store::User> {
    auto user = stores.users.find(id);
    if (!user) return user;
    DAVIT_TRY(stores.users.remove(id));
    return user;
  };
  auto removed = co_await store_.run(std::move(job));
  forget_all();
  co_return removed;
}

Task<Result<>> Authenticator::confirm_password(Principal who, std::string password) {
  auto caller = co_await check_password(std::move(who.email), std::move(password));
  if (!caller) {
    const bool wrong = caller.error().code == Errc::unauthorized;
    // Not 401: the token is good, and clients would take 401 as "log in again".
    if (wrong) co_return fail(Errc::forbidden, "password: is not your current password");
    co_return std::move(caller).error();
  }
  const Result<> confirmed;
  co_return confirmed;
}

Task<Result<>> Authenticator::set_password(UserId id, std::string password) {
  DAVIT_CO_TRY(check_new_password(password));
  auto hash = co_await passwords_.hash(std::move(password));
  if (!hash) co_return std::move(hash).error();
  forget_all();
  auto job = [id, hash = std::move(*hash)](store::Stores& stores) -> Result<> {
    DAVIT_TRY(stores.users.set_password_hash(id, hash));
    for (const auto& token : stores.users.list_tokens(id)) {
      DAVIT_TRY(stores.users.remove_token(token.id));
    }
    return {};
  };
  auto changed = co_await store_.run(std::move(job));
  forget_all();
  co_return changed;
}

}  // namespace davit::auth
