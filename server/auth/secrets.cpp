#include "server/auth/secrets.hpp"

#include <sodium.h>

#include <algorithm>
#include <new>

#include "base/encoding.hpp"
#include "base/ensure.hpp"

namespace davit::auth {
namespace {

constexpr std::string_view token_prefix = "DVT-";
constexpr std::size_t token_random_bytes = 32;
constexpr std::size_t token_text_bytes = 43;  // of base64url without padding

void start_sodium() { ensure(sodium_init() >= 0, "libsodium starts"); }  // idempotent, any thread

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return text;
}

bool is_base64url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

std::string blake2b(std::string_view key, std::string_view text) {
  start_sodium();
  std::string hash(crypto_generichash_BYTES, '\0');
  const int rc =
      crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), bytes_of(text),
                         text.size(), key.empty() ? nullptr : bytes_of(key), key.size());
  ensure(rc == 0, "a BLAKE2b key has 16 to 64 bytes");
  return hash;
}

}  // namespace

std::string make_token(Random& random) {
  return std::string(token_prefix) + base64url(random.bytes(token_random_bytes));
}

bool looks_like_token(std::string_view text) {
  return text.size() == token_prefix.size() + token_text_bytes && text.starts_with(token_prefix) &&
         std::ranges::all_of(text, is_base64url);
}

std::string token_hash(std::string_view token) { return hex_encode(blake2b({}, token)); }

std::string make_url_secret(Random& random) { return base64url(random.bytes(32)); }

std::string make_password(Random& random) { return base64url(random.bytes(18)); }

std::string keyed_hash(std::string_view key, std::string_view text) {
  ensure(key.size() >= crypto_generichash_KEYBYTES_MIN, "a keyed hash has a key");
  return hex_encode(blake2b(key, text));
}

bool same_secret(std::string_view left, std::string_view right) {
  return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string hash_password(const std::string& password) {
  start_sodium();
  std::string hash(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str(hash.data(), password.data(), password.size(),
                        crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    throw std::bad_alloc();  // the only documented failure
  }
  hash.resize(hash.find('\0'));
  return hash;
}

bool verify_password(const std::string& hash, const std::string& password) {
  start_sodium();
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::string derived_uuid(std::string_view name) {
  std::string bytes = blake2b({}, name).substr(0, 16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x80);  // version 8 (RFC 9562)
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // variant 1
  std::string text = hex_encode(bytes);
  for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

}  // namespace davit::auth
