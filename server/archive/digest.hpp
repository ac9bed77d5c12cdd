#pragma once
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::archive {

// What a file must be: a SHA-256 or SHA-512, as vendors and registries write them.
class Digest {
 public:
  // 64 or 128 hex digits: of SHA-256 or SHA-512.
  static Result<Digest> from_hex(std::string_view text);
  // "sha512-<base64>" or "sha256-<base64>" (Subresource Integrity, as package-lock.json has it). Of
  // several, SHA-512 counts.
  static Result<Digest> from_integrity(std::string_view text);

  // corrupt when the file is another one; cancelled when it was stopped. Blocking.
  Result<> check(const std::string& path, const std::stop_token& stop = {}) const;
  std::string str() const;  // "sha256:9f86…"
  // Blocking.
  static Result<Digest> sha256_of(const std::string& path, const std::stop_token& stop = {});

 private:
  enum class Kind { sha256, sha512 };
  Digest(Kind kind, std::string bytes) : kind_(kind), bytes_(std::move(bytes)) {}
  static Result<Digest> of(Kind wanted, const std::string& path, const std::stop_token& stop);
  static Result<Digest> from_bytes(std::string bytes, std::string_view text);
  Kind kind_;
  std::string bytes_;
};

}  // namespace davit::archive
