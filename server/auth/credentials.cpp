#include "server/auth/credentials.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "server/auth/limits.hpp"

namespace davit::auth {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Credentials> parse_authorization(std::string_view header) {
  header = trimmed(header);
  if (header.empty()) {
    return fail(Errc::unauthorized,
                "No credentials provided: send an API key as `Authorization: Bearer KEY`, or log "
                "in with `davit login`.");
  }
  if (header.size() > limits::authorization_bytes_max) {
    return fail(Errc::unauthorized, "The Authorization header is longer than {} bytes.",
                limits::authorization_bytes_max);
  }
  const auto space = header.find(' ');
  const std::string scheme = lower_case(header.substr(0, space));
  const std::string_view rest =
      space == std::string_view::npos ? std::string_view() : trimmed(header.substr(space));
  if (scheme == "bearer" && !rest.empty()) {
    return Credentials{Credentials::Scheme::bearer, "", std::string(rest)};
  }
  if (scheme == "basic") {
    const auto decoded = base64_decode(rest);
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon != std::string::npos) {
      return Credentials{Credentials::Scheme::basic, decoded->substr(0, colon),
                         decoded->substr(colon + 1)};
    }
  }
  return fail(Errc::unauthorized,
              "The Authorization header must be `Bearer KEY` or `Basic base64(:KEY)`.");
}

Result<std::string> normal_email(std::string_view text) {
  std::string email = lower_case(trimmed(text));
  const auto at = email.find('@');
  const bool fits = email.size() <= limits::email_bytes_max && at != std::string::npos && at > 0 &&
                    at + 1 < email.size() && email.find('@', at + 1) == std::string::npos &&
                    std::ranges::all_of(email, [](char c) { return c > ' ' && c < 0x7f; });
  if (fits) return email;
  return fail(Errc::invalid_argument, "'{}' is not an email address", printable(text, 80));
}

}  // namespace davit::auth
