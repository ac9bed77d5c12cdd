#include "server/certs/certificate_files.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <memory>

#include "base/files.hpp"

namespace davit::certs {
namespace {

constexpr std::size_t pem_bytes_max = 64 * 1024;  // the router's own limit

template <auto Free>
struct Freed {
  template <class Handle>
  void operator()(Handle* handle) const {
    Free(handle);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key cannot be served, and nobody is there to be asked for its passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

Result<> check(const router::CertificateEntry& entry) {
  const Bio chain = reader(entry.chain_pem);
  const Certificate leaf(PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr));
  if (!leaf) return fail(Errc::invalid_argument, "the chain holds no certificate");
  const Bio text = reader(entry.key_pem);
  const Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr));
  if (!key) return fail(Errc::invalid_argument, "the key cannot be read");
  if (X509_check_private_key(leaf.get(), key.get()) != 1) {
    return fail(Errc::invalid_argument, "the key is not the certificate's");
  }
  return {};
}

Result<router::CertificateEntry> read_pair(const Pair& files) {
  auto chain = read_file(files.chain, pem_bytes_max);
  if (!chain) return std::move(chain).error();
  auto key = read_file(files.key, pem_bytes_max);
  if (!key) return std::move(key).error();
  router::CertificateEntry entry;
  entry.chain_pem = std::move(*chain);
  entry.key_pem = std::move(*key);
  return entry;
}

}  // namespace

Result<Entries> read_certificates(const std::vector<Pair>& files) {
  Entries entries;
  for (const Pair& pair : files) {
    auto entry = read_pair(pair);
    if (!entry) return std::move(entry).error();
    entry->is_default = entries.empty();
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Renewed renew_certificates(const std::vector<Pair>& files, const Entries& served) {
  Renewed renewed{served, {}};
  for (std::size_t i = 0; i < files.size() && i < served.size(); ++i) {
    auto entry = read_pair(files[i]);
    const Result<> sound = entry ? check(*entry) : Result<>(entry.error());
    if (!sound) {
      renewed.problems.push_back(fmt::format("'{}' and '{}': {}; what was read before is served on",
                                             files[i].chain, files[i].key, sound.error().message));
      continue;
    }
    entry->is_default = served[i].is_default;
    renewed.entries[i] = std::move(*entry);
  }
  return renewed;
}

std::string fingerprint_of(const std::vector<Pair>& files) {
  std::string fingerprint;
  for (const Pair& pair : files) {
    for (const std::string& path : {pair.chain, pair.key}) {
      struct stat file {};
      if (::stat(path.c_str(), &file) != 0) file = {};
      fingerprint += fmt::format("{}:{}:{}:{}.{} ", file.st_dev, file.st_ino, file.st_size,
                                 file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
    }
  }
  return fingerprint;
}

}  // namespace davit::certs
