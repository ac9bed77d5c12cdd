#include "router/tls/ticket_keys.hpp"

#include <cstring>

#include "router/limits.hpp"

namespace davit::router::tls {

static_assert(sizeof(TicketKey) == 80, "keys travel as their bytes");

TicketKeys TicketKeys::rotated(const TicketKeys* before, Random& random) {
  TicketKeys keys;
  const std::string bytes = random.bytes(sizeof(TicketKey));
  std::memcpy(&keys.keys_.emplace_back(), bytes.data(), sizeof(TicketKey));
  if (before == nullptr) return keys;
  for (const TicketKey& key : before->keys_) {
    if (keys.keys_.size() < limits::ticket_keys_kept) keys.keys_.push_back(key);
  }
  return keys;
}

const TicketKey* TicketKeys::find(const unsigned char* name) const {
  for (const TicketKey& key : keys_) {
    if (std::memcmp(key.name.data(), name, key.name.size()) == 0) return &key;
  }
  return nullptr;
}

std::string TicketKeys::to_bytes() const {
  return {reinterpret_cast<const char*>(keys_.data()), keys_.size() * sizeof(TicketKey)};
}

bool TicketKeys::from_bytes(const std::string& bytes, TicketKeys& out) {
  const std::size_t count = bytes.size() / sizeof(TicketKey);
  if (count == 0 || count > limits::ticket_keys_kept || bytes.size() % sizeof(TicketKey) != 0) {
    return false;
  }
  out.keys_.resize(count);
  std::memcpy(out.keys_.data(), bytes.data(), bytes.size());
  return true;
}

}  // namespace davit::router::tls
