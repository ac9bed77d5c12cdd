#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace davit::router::tls {

// What a session ticket is sealed with (RFC 5077 4): AES-256-CBC and HMAC-SHA-256.
struct TicketKey {
  std::array<unsigned char, 16> name;
  std::array<unsigned char, 32> cipher;
  std::array<unsigned char, 32> mac;
};

// The keys of all threads at one time, the newest first: the newest seals, all open. Immutable.
// Never on disk: whoever has them reads what TLS 1.2 clients resumed with them said.
class TicketKeys {
 public:
  // A fresh key in front; keys beyond limits::ticket_keys_kept are forgotten.
  static TicketKeys rotated(const TicketKeys* before, Random& random);

  const TicketKey& newest() const { return keys_.front(); }
  // nullptr: sealed by another router, or too long ago.
  const TicketKey* find(const unsigned char* name) const;

  // For a successor of this router, so that its clients resume. nullopt-like: empty when malformed.
  std::string to_bytes() const;
  static bool from_bytes(const std::string& bytes, TicketKeys& out);

 private:
  std::vector<TicketKey> keys_;
};

}  // namespace davit::router::tls
