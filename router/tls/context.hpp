#pragma once
#include <memory>

#include "base/result.hpp"

struct ssl_ctx_st;

namespace davit::router::tls {

class Keyring;

// How this router speaks TLS: versions 1.2 and 1.3, suites with forward secrecy and authenticated
// encryption, no renegotiation, no compression, no early data (RFC 8446 E.5: it can be replayed);
// stateless resumption by tickets; ALPN h2 and http/1.1. One a thread; the keyring outlives it.
class Context {
 public:
  static Result<std::unique_ptr<Context>> make(const Keyring& keyring);
  ~Context();

  ssl_ctx_st* native() { return context_; }
  const Keyring& keyring() const { return keyring_; }

 private:
  explicit Context(const Keyring& keyring) : keyring_(keyring) {}

  const Keyring& keyring_;
  ssl_ctx_st* context_ = nullptr;
};

}  // namespace davit::router::tls
