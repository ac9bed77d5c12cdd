#include "router/affinity.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/ensure.hpp"

namespace davit::router {

std::string affinity_token(std::string_view key, std::string_view dyno_id) {
  if (key.empty()) return {};
  // The key's length is davitd's business: hashed to the one that BLAKE2b takes.
  std::array<unsigned char, crypto_generichash_KEYBYTES> whole{};
  std::array<unsigned char, affinity_token_chars / 2> digest{};
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  crypto_generichash(whole.data(), whole.size(), bytes(key), key.size(), nullptr, 0);
  const int done = crypto_generichash(digest.data(), digest.size(), bytes(dyno_id), dyno_id.size(),
                                      whole.data(), whole.size());
  ensure(done == 0, "a hash of 12 bytes can be made");
  std::string hex(affinity_token_chars + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  hex.pop_back();
  return hex;
}

std::string_view find_affinity_token(std::string_view header) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    std::string_view pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (!pair.starts_with(affinity_cookie)) continue;
    pair.remove_prefix(affinity_cookie.size());
    if (!pair.starts_with('=')) continue;
    pair.remove_prefix(1);
    if (pair.size() == affinity_token_chars) return pair;
  }
  return {};
}

std::string affinity_header(std::string_view token, bool over_tls) {
  return fmt::format("Set-Cookie: {}={}; Path=/; HttpOnly; SameSite=Lax{}\r\n", affinity_cookie,
                     token, over_tls ? "; Secure" : "");
}

}  // namespace davit::router
