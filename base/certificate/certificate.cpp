#include "base/certificate/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/certificate/limits.hpp"

namespace davit {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using AltNames = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

Bio reader(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// A key under a pass phrase is refused: nobody is there to type it.
int no_pass_phrase(char*, int, int, void*) { return -1; }

std::vector<std::string> names_of(X509* leaf) {
  std::vector<std::string> names;
  const AltNames alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    names.emplace_back(text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return names;
}

}  // namespace

std::string canonical_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Result<std::shared_ptr<const Certificate>> Certificate::parse(const std::string& chain_pem,
                                                              const std::string& key_pem,
                                                              std::vector<std::string> names) {
  if (chain_pem.size() > limits::certificate_bytes_max ||
      key_pem.size() > limits::certificate_bytes_max) {
    return fail(Errc::too_large, "a chain or key of more than {} kB",
                limits::certificate_bytes_max / 1024);
  }
  ERR_clear_error();
  std::shared_ptr<Certificate> made(new Certificate());
  const Bio chain = reader(chain_pem);
  made->leaf_ = PEM_read_bio_X509_AUX(chain.get(), nullptr, no_pass_phrase, nullptr);
  if (made->leaf_ == nullptr) {
    return fail(Errc::invalid_argument, "the chain is no certificate in PEM form");
  }
  made->chain_ = sk_X509_new_null();
  while (X509* issuer = PEM_read_bio_X509(chain.get(), nullptr, no_pass_phrase, nullptr)) {
    sk_X509_push(made->chain_, issuer);
  }
  // The loop ends at the end of the text, or in the middle of a certificate that is broken.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return fail(Errc::invalid_argument, "a certificate of the chain is malformed");
  }
  ERR_clear_error();
  made->key_ = PEM_read_bio_PrivateKey(reader(key_pem).get(), nullptr, no_pass_phrase, nullptr);
  if (made->key_ == nullptr) {
    return fail(Errc::invalid_argument,
                "the key is no private key in PEM form without pass phrase");
  }
  if (X509_check_private_key(made->leaf_, made->key_) != 1) {
    return fail(Errc::invalid_argument, "the key is not the certificate's");
  }
  if (names.empty()) names = names_of(made->leaf_);
  for (const std::string& name : names) made->names_.push_back(canonical_name(name));
  return std::shared_ptr<const Certificate>(std::move(made));
}

CertificateProbe::CertificateProbe() : context_(SSL_CTX_new(TLS_server_method())) {}

CertificateProbe::~CertificateProbe() { SSL_CTX_free(context_); }

Result<> CertificateProbe::check(const Certificate& it) const {
  ERR_clear_error();
  if (SSL_CTX_use_cert_and_key(context_, it.leaf(), it.key(), it.chain(), 1) == 1) return {};
  return fail(Errc::invalid_argument, "its key is too short or a signature too weak to be served");
}

Certificate::~Certificate() {
  X509_free(leaf_);
  EVP_PKEY_free(key_);
  sk_X509_pop_free(chain_, X509_free);
}

bool Certificate::covers(std::string_view host) const {
  const std::size_t dot = host.find('.');
  const std::string_view parent = dot == host.npos ? std::string_view() : host.substr(dot);
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
    if (name == host) return true;
    return name.starts_with("*.") && !parent.empty() && dot > 0 &&
           std::string_view(name).substr(1) == parent;
  });
}

}  // namespace davit
