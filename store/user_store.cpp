#include "store/database.hpp"
#include "store/require.hpp"
#include "store/statement.hpp"
#include "store/stores.hpp"

namespace davit::store {
namespace {

User read_user(Statement& row) {
  return User{.id = row.get<UserId>(),
              .email = row.get<std::string>(),
              .password_hash = row.get<std::string>(),
              .admin = row.get<bool>(),
              .created_at = row.get<WallTime>()};
}

Token read_token(Statement& row) {
  return Token{.id = row.get<TokenId>(),
               .user = row.get<UserId>(),
               .description = row.get<std::string>(),
               .hash = row.get<std::string>(),
               .expires_at = row.get<std::optional<WallTime>>(),
               .created_at = row.get<WallTime>()};
}

Error user_not_found(std::string_view id_or_email) {
  return fail(Errc::not_found, "user '{}' not found; ask an administrator", id_or_email);
}

}  // namespace

Result<> UserStore::add(const User& user) {
  Transaction transaction(db_);
  {
    Statement taken(db_, "SELECT 1 FROM users WHERE email = ? OR id = ?");
    if (taken.bind(user.email, user.id).next()) {
      return fail(Errc::conflict, "user '{}' exists already; choose another email", user.email);
    }
  }
  Statement add(db_,
                "INSERT INTO users (id, email, password_hash, admin, created_at)"
                " VALUES (?, ?, ?, ?, ?)");
  add.bind(user.id, user.email, user.password_hash, user.admin, user.created_at).run();
  transaction.commit();
  return {};
}

Result<User> UserStore::find(const UserId& id) const {
  Statement row(db_, "SELECT id, email, password_hash, admin, created_at FROM users WHERE id = ?");
  if (!row.bind(id).next()) return user_not_found(id.str());
  return read_user(row);
}

Result<User> UserStore::find_by_email(const std::string& email) const {
  Statement row(db_,
                "SELECT id, email, password_hash, admin, created_at FROM users WHERE email = ?");
  if (!row.bind(email).next()) return user_not_found(email);
  return read_user(row);
}

std::vector<User> UserStore::list() const {
  Statement row(db_,
                "SELECT id, email, password_hash, admin, created_at FROM users ORDER BY email");
  std::vector<User> users;
  while (row.next()) users.push_back(read_user(row));
  return users;
}

Result<> UserStore::set_password_hash(const UserId& id, const std::string& hash) {
  Statement set(db_, "UPDATE users SET password_hash = ? WHERE id = ?");
  set.bind(hash, id).run();
  if (set.changes() == 0) return user_not_found(id.str());
  return {};
}

Result<> UserStore::remove(const UserId& id) {
  Transaction transaction(db_);
  {
    Statement owns(db_, "SELECT name FROM apps WHERE owner_id = ? ORDER BY name LIMIT 1");
    if (owns.bind(id).next()) {
      return fail(Errc::conflict,
                  "user '{}' owns app '{}' and maybe others; destroy or transfer them first",
                  id.str(), owns.get<AppName>().str());
    }
  }
  Statement remove(db_, "DELETE FROM users WHERE id = ?");
  remove.bind(id).run();
  if (remove.changes() == 0) return user_not_found(id.str());
  transaction.commit();
  return {};
}

Result<> UserStore::add_token(const Token& token) {
  Transaction transaction(db_);
  DAVIT_TRY(require_user(db_, token.user));
  {
    Statement taken(db_, "SELECT 1 FROM tokens WHERE id = ? OR hash = ?");
    if (taken.bind(token.id, token.hash).next()) {
      return fail(Errc::conflict, "token '{}' exists already; make a new one", token.id.str());
    }
  }
  Statement add(db_,
                "INSERT INTO tokens (id, user_id, description, hash, expires_at, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)");
  add.bind(token.id, token.user, token.description, token.hash, token.expires_at, token.created_at)
      .run();
  transaction.commit();
  return {};
}

// Whether it has expired is for the caller to say, who has the clock.
Result<Token> UserStore::find_token(const std::string& hash) const {
  Statement row(db_,
                "SELECT id, user_id, description, hash, expires_at, created_at FROM tokens"
                " WHERE hash = ?");
  if (!row.bind(hash).next()) {
    return fail(Errc::not_found, "API token not found; `davit login` makes a new one");
  }
  return read_token(row);
}

std::vector<Token> UserStore::list_tokens(const UserId& user) const {
  Statement row(db_,
                "SELECT id, user_id, description, hash, expires_at, created_at FROM tokens"
                " WHERE user_id = ? ORDER BY number");
  row.bind(user);
  std::vector<Token> tokens;
  while (row.next()) tokens.push_back(read_token(row));
  return tokens;
}

Result<> UserStore::remove_token(const TokenId& id) {
  Statement remove(db_, "DELETE FROM tokens WHERE id = ?");
  remove.bind(id).run();
  if (remove.changes() == 0) {
    return fail(Errc::not_found, "token '{}' not found; it may be revoked already", id.str());
  }
  return {};
}

}  // namespace davit::store
