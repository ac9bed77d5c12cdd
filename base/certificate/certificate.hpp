#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct x509_st;
struct evp_pkey_st;
struct stack_st_X509;
struct ssl_ctx_st;

namespace davit {

// What davitd checks before it sends a certificate and what the router serves is the same: this.
// Any thread.

// A chain and its key, ready to be served: immutable, shared by every thread and by the connections
// that use it.
class Certificate {
 public:
  // PEM: the leaf first, then what is between it and a root. `names`: what it is served for; empty:
  // what the leaf says (subjectAltName). Errors, without a word of the key: what is wrong with
  // which of both.
  static Result<std::shared_ptr<const Certificate>> parse(const std::string& chain_pem,
                                                          const std::string& key_pem,
                                                          std::vector<std::string> names);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  // Lower case; "*.example.com" covers one label (RFC 6125 6.4.3).
  const std::vector<std::string>& names() const { return names_; }
  bool covers(std::string_view host) const;

  x509_st* leaf() const { return leaf_; }
  evp_pkey_st* key() const { return key_; }
  stack_st_X509* chain() const { return chain_; }

 private:
  Certificate() = default;

  x509_st* leaf_ = nullptr;
  evp_pkey_st* key_ = nullptr;
  stack_st_X509* chain_ = nullptr;
  std::vector<std::string> names_;
};
using CertificatePtr = std::shared_ptr<const Certificate>;

// Whether OpenSSL serves it: a handshake would be too late to learn that its security level forbids
// a key or a signature. Costs some milliseconds to make; one thread.
class CertificateProbe {
 public:
  CertificateProbe();
  ~CertificateProbe();
  CertificateProbe(const CertificateProbe&) = delete;
  CertificateProbe& operator=(const CertificateProbe&) = delete;
  Result<> check(const Certificate& certificate) const;

 private:
  ssl_ctx_st* context_;
};

// "a.example.com" for "A.example.COM."; a name that no certificate has stays what it is.
std::string canonical_name(std::string_view name);

}  // namespace davit
