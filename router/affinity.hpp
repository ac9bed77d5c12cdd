#pragma once
#include <string>
#include <string_view>

// Session affinity: a cookie that sends a browser's next request to the dyno that answered this
// one. Pure.
namespace davit::router {

inline constexpr std::string_view affinity_cookie = "davit_dyno";
inline constexpr std::size_t affinity_token_chars = 24;

// What a cookie calls a dyno: a keyed hash (BLAKE2b, 96 bits, in hex), so that it tells nothing of
// the dyno and nobody can make that of another. The same in every router. Empty without a key.
std::string affinity_token(std::string_view key, std::string_view dyno_id);

// The token in the value of a Cookie header (RFC 6265 4.2.1), or empty. A view into `header`.
std::string_view find_affinity_token(std::string_view header);

// "Set-Cookie: …\r\n". HttpOnly: no script needs it. Lax: it goes with a click on a link, and with
// no other site's forms.
std::string affinity_header(std::string_view token, bool over_tls);

}  // namespace davit::router
