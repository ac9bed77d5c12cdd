#pragma once
#include <string>
#include <string_view>

#include "base/random.hpp"

// Making and checking secrets. Any thread.
namespace davit::auth {

// "DVT-" and 256 random bits in base64url. Opaque to clients; fits a URL, a header, a password
// field.
std::string make_token(Random& random);
bool looks_like_token(std::string_view text);
// What is stored: hex of BLAKE2b-256. A token has full entropy, so a fast hash is right.
std::string token_hash(std::string_view token);

// 256 random bits for a URL that is its own permission.
std::string make_url_secret(Random& random);
// 144 random bits in base64url: for people to copy once.
std::string make_password(Random& random);

// Hex of keyed BLAKE2b-256: proves that we made a URL without keeping a list. key: 16 to 64 bytes.
std::string keyed_hash(std::string_view key, std::string_view text);
// Comparing secrets in constant time.
bool same_secret(std::string_view left, std::string_view right);

// argon2id, "interactive": 64 MiB, about 0.1 s of CPU. Blocking: a worker's business.
std::string hash_password(const std::string& password);
bool verify_password(const std::string& hash, const std::string& password);

// A version 8 UUID from a name: the same name gives the same id for ever. For nouns that have no
// row of their own.
std::string derived_uuid(std::string_view name);

}  // namespace davit::auth
