#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "base/certificate/certificate.hpp"
#include "router/protocol/certificates.hpp"

namespace davit::router::tls {

// Which certificate answers to which name: an immutable snapshot, swapped as a whole. A name itself
// comes before the wildcard that covers it; of two certificates for one name the first counts.
class Certificates {
 public:
  struct Compiled {
    std::shared_ptr<const Certificates> certificates;
    std::vector<std::string> problems;  // what was left out, one sentence each
  };
  // Any thread. `own` come after those of the set and are no part of source(). What `previous` (may
  // be null) has with the same PEM texts is taken from there.
  static Compiled compile(const CertificateSet& set, const std::vector<CertificateEntry>& own,
                          const Certificates* previous);

  // The one for a server_name (RFC 6066 3), else the default one, else nullptr.
  const CertificatePtr& find(std::string_view name) const;
  bool empty() const { return by_name_.empty() && !default_; }
  std::uint64_t version() const { return version_; }
  const CertificateSet& source() const { return source_; }  // for a successor

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Names = std::unordered_map<std::string, CertificatePtr, Hash, std::equal_to<>>;
  struct Making;
  void add(const CertificateEntry& entry, Making& making);

  std::uint64_t version_ = 0;
  CertificateSet source_;
  Names by_name_;    // "*.example.com" as "*.example.com"
  Names by_digest_;  // of its entry
  CertificatePtr default_;
};

}  // namespace davit::router::tls
