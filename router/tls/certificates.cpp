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

}  // namespace

Certificates::Compiled Certificates::compile(const CertificateSet& set,
                                             const std::vector<CertificateEntry>& own,
                                             const Certificates* previous) {
  auto made = std::make_shared<Certificates>();
  Compiled compiled;
  made->version_ = set.version;
  made->source_ = set;
  for (const auto* entries : {&set.certificates, &own}) {
    for (const CertificateEntry& entry : *entries) made->add(entry, previous, compiled.problems);
  }
  compiled.certificates = std::move(made);
  return compiled;
}

void Certificates::add(const CertificateEntry& entry, const Certificates* previous,
                       std::vector<std::string>& problems) {
  std::string digest = digest_of(entry);
  CertificatePtr certificate;
  if (previous != nullptr) {
    const auto known = previous->by_digest_.find(digest);
    if (known != previous->by_digest_.end()) certificate = known->second;
  }
  if (!certificate) {
    auto parsed = Certificate::parse(entry.chain_pem, entry.key_pem, entry.names);
    if (!parsed) {
      problems.push_back(fmt::format("certificate of '{}': {}; it is not served", label_of(entry),
                                     parsed.error().message));
      return;
    }
    certificate = std::move(*parsed);
  }
  if (certificate->names().empty() && !entry.is_default) {
    problems.push_back(
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
