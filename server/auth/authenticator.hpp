#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "server/auth/failure_limiter.hpp"
#include "server/auth/password_checker.hpp"
#include "server/auth/principal.hpp"
#include "server/store_thread.hpp"

namespace davit::auth {

// A principal and the token that proved it (none after a password).
struct Caller {
  Principal principal;
  TokenId token;
};

// The only moment at which a token's text exists on our side.
struct IssuedToken {
  store::Token record;
  std::string token;
};

struct NewUser {
  std::string email;
  std::optional<std::string> password;  // none: one is made
  bool admin = false;
};

struct AddedUser {
  store::User record;
  std::string password;
  IssuedToken token;
};

// Proves who calls, and makes and removes what proves it. Every change of users and tokens goes
// through here, so the cache of verified tokens is never stale. io thread only; all references
// outlive this.
class Authenticator {
 public:
  Authenticator(asio::any_io_executor executor, StoreThread& store, asio::thread_pool& workers,
                const Clock& clock, Random& random);

  // A token in an Authorization header: "Bearer TOKEN", or Basic with the token as password and any
  // user. Errors: unauthorized.
  Task<Result<Caller>> authenticate(std::string authorization);
  // Basic email:password (or a token as password): for making a token only. Errors: unauthorized,
  // limit_exceeded.
  Task<Result<Caller>> authenticate_login(std::string authorization);

  // Errors: limit_exceeded, invalid_argument.
  Task<Result<IssuedToken>> issue_token(UserId user, std::string description,
                                        std::optional<std::chrono::seconds> lifetime);
  Task<std::vector<store::Token>> tokens(UserId user);  // those that still work
  Task<Result<store::Token>> revoke_token(UserId user,
                                          TokenId id);  // not_found also for another user's

  Task<Result<store::User>> user(UserId id);
  Task<std::vector<store::User>> users();
  // With a first token. Errors: invalid_argument, conflict (address taken).
  Task<Result<AddedUser>> add_user(NewUser request);
  // With every token of theirs. Errors: not_found, conflict (owns apps).
  Task<Result<store::User>> remove_user(UserId id);
  // Before a change that a stolen token alone must not do. Errors: forbidden, limit_exceeded.
  Task<Result<>> confirm_password(Principal who, std::string password);
  // Removes every token of the user. Errors: not_found, invalid_argument.
  Task<Result<>> set_password(UserId id, std::string password);

 private:
  struct Known {
    Caller caller;
    std::optional<WallTime> expires_at;
  };
  Task<Result<Caller>> check_token(std::string token);
  Task<Result<Caller>> check_password(std::string email, std::string password);
  void remember(const std::string& hash, const Known& known);
  void forget_all();

  StoreThread& store_;
  const Clock& clock_;
  Random& random_;
  PasswordChecker passwords_;
  FailureLimiter failures_;
  std::unordered_map<std::string, Known> known_;  // by token hash
  std::uint64_t changes_ =
      0;  // an answer of the store from before a change is not remembered after it
};

}  // namespace davit::auth
