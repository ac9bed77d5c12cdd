#include "router/tls/context.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <cstring>

#include "router/limits.hpp"
#include "router/tls/channel.hpp"
#include "router/tls/keyring.hpp"

namespace davit::router::tls {
namespace {

// The suites of TLS 1.3 are all fine.
constexpr const char* tls12_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* groups = "X25519:P-256:P-384";

const Context& context_of(SSL* ssl) {
  return *static_cast<const Context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

// RFC 7301 3.2: h2 where the client knows it.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int size, void*) {
  static constexpr std::string_view known[] = {"h2", "http/1.1"};
  for (const std::string_view protocol : known) {
    for (unsigned int at = 0; at < size; at += offered[at] + 1u) {
      const unsigned char* name = offered + at + 1;
      if (offered[at] != protocol.size() || at + 1 + offered[at] > size) continue;
      if (std::memcmp(name, protocol.data(), protocol.size()) != 0) continue;
      *out = name;
      *out_size = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool key_mac(EVP_MAC_CTX* mac, const TicketKey& key) {
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
                                        const_cast<unsigned char*>(key.mac.data()), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_cb(3): 1 fine, 2 fine and renew, 0 no such key, -1 an error.
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, int seals) {
  const auto keys = context_of(ssl).keyring().tickets();
  const TicketKey* key = seals != 0 ? &keys->newest() : keys->find(name);
  if (key == nullptr) return 0;
  if (!key_mac(mac, *key)) return -1;
  if (seals == 0) {
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) != 1)
      return -1;
    // RFC 8446 C.4: a ticket for each connection. A client that delays its request until its
    // Finished is acknowledged (Nagle) is not kept waiting either.
    const bool renew = key != &keys->newest() || SSL_version(ssl) == TLS1_3_VERSION;
    return renew ? 2 : 1;
  }
  std::memcpy(name, key->name.data(), key->name.size());
  if (RAND_bytes(iv, 16) != 1) return -1;
  return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1 ? 1
                                                                                             : -1;
}

}  // namespace

Result<std::unique_ptr<Context>> Context::make(const Keyring& keyring) {
  ERR_clear_error();
  std::unique_ptr<Context> made(new Context(keyring));
  made->context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX* context = made->context_;
  const bool fine = context != nullptr &&
                    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(context, tls12_suites) == 1 &&
                    SSL_CTX_set1_groups_list(context, groups) == 1;
  if (!fine) return fail(Errc::unavailable, "OpenSSL cannot be set up for TLS 1.2 and 1.3");
  SSL_CTX_set_app_data(context, made.get());
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // A client that wants several connections at once resumes them from one.
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_timeout(context, limits::tls_session_lifetime.count());
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, Channel::choose_certificate);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key);
  return made;
}

Context::~Context() { SSL_CTX_free(context_); }

}  // namespace davit::router::tls
