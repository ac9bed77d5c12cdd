#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::auth {

// What an Authorization header says; nothing is proved yet.
struct Credentials {
  enum class Scheme { bearer, basic };
  Scheme scheme = Scheme::bearer;
  std::string user;    // Basic only; git and Terraform send anything here
  std::string secret;  // the token, or Basic's password
};

// "Bearer TOKEN" or "Basic base64(user:password)" (RFC 6750, RFC 7617). Errors: unauthorized,
// quoting nothing of it.
Result<Credentials> parse_authorization(std::string_view header);

// Trimmed and lower case: how an address is stored and looked up. Errors: invalid_argument.
Result<std::string> normal_email(std::string_view text);

}  // namespace davit::auth
