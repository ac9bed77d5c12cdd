#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::store {

// Encrypts what must not be read from the database file or a backup of it: XSalsa20-Poly1305
// (libsodium secretbox) with a key in a file of mode 0600 outside the database. Immutable after
// opening: any thread.
class Vault {
 public:
  // Reads the key file, or makes one. A key file that others may read, or of a wrong size, is an
  // error.
  static Result<std::unique_ptr<Vault>> open(const std::string& key_path);
  ~Vault();

  std::string seal(std::string_view plain) const;             // random nonce + box
  Result<std::string> unseal(std::string_view sealed) const;  // corrupt: wrong key or altered

 private:
  struct Key;
  explicit Vault(std::unique_ptr<Key> key);
  std::unique_ptr<Key> key_;
};

}  // namespace davit::store
