#include "router/tls/certificates.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

namespace davit::router::tls {
namespace {

std::string label_of(const CertificateEntry& entry) {
  if (!entry.names.empty()) return entry.names.front();
  return entry.is_default ? "the default" : "one without names";
}

// What an entry is known by: its texts would be the keys in memory once more.
std::string digest_of(const CertificateEntry& entry) {
  std::string text = entry.chain_pem + '\0' + entry.key_pem;
  for (const std::string& name : entry.names) text += '\0' + name;
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

Result<CertificatePtr> make_certificate(const CertificateEntry& entry,
                                        const CertificateProbe& probe) {
  auto parsed = Certificate::parse(entry.chain_pem, entry.key_pem, entry.names);
  if (parsed) DAVIT_TRY(probe.check(**parsed));
  return parsed;
}

}  // namespace

struct Certificates::Making {
  const Certificates* previous;
  CertificateProbe probe{};
  std::vector<std::string> problems{};
};

Certificates::Compiled Certificates::compile(const CertificateSet& set,
                                             const std::vector<CertificateEntry>& own,
                                             const Certificates* previous) {
  auto made = std::make_shared<Certificates>();
  Compiled compiled;
  made->version_ = set.version;
  made->source_ = set;
  Making making{previous};
  for (const auto* entries : {&set.certificates, &own}) {
    for (const CertificateEntry& entry : *entries) made->add(entry, making);
  }
  compiled.problems = std::move(making.problems);
  compiled.certificates = std::move(made);
  return compiled;
}

void Certificates::add(const CertificateEntry& entry, Making& making) {
  std::string digest = digest_of(entry);
  CertificatePtr certificate;
  if (making.previous != nullptr) {
    const auto known = making.previous->by_digest_.find(digest);
    if (known != making.previous->by_digest_.end()) certificate = known->second;
  }
  if (!certificate) {
    auto made = make_certificate(entry, making.probe);
    if (!made) {
      making.problems.push_back(fmt::format("certificate of '{}': {}; it is not served",
                                            label_of(entry), made.error().message));
      return;
    }
    certificate = std::move(*made);
  }
  if (certificate->names().empty() && !entry.is_default) {
    making.problems.push_back(
        fmt::format("certificate of '{}': it is for no name; it is not served", label_of(entry)));
  }
  for (const std::string& name : certificate->names()) by_name_.emplace(name, certificate);
  if (entry.is_default && !default_) default_ = certificate;
  by_digest_.emplace(std::move(digest), std::move(certificate));
}

const CertificatePtr& Certificates::find(std::string_view name) const {
  if (const auto exact = by_name_.find(name); exact != by_name_.end()) return exact->second;
  const std::size_t dot = name.find('.');
  if (dot != name.npos && dot > 0) {
    std::string wildcard = "*";
    wildcard += name.substr(dot);
    if (const auto found = by_name_.find(wildcard); found != by_name_.end()) return found->second;
  }
  return default_;
}

}  // namespace davit::router::tls
