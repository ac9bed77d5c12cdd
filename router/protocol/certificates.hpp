#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

// The certificates that the router serves HTTPS with, as davitd sends them. Whole sets; version
// grows. They hold private keys: the router keeps them in memory alone.
namespace davit::router {

struct CertificateEntry {
  std::vector<std::string> names;  // "example.com", "*.example.com"; empty: what the leaf says
  std::string chain_pem;           // the leaf first
  std::string key_pem;
  bool is_default = false;  // for names that no other is for, and clients that send none
  friend bool operator==(const CertificateEntry&, const CertificateEntry&) = default;
};

struct CertificateSet {
  std::uint64_t version = 0;
  std::vector<CertificateEntry> certificates;

  static Result<CertificateSet> from_json(const nlohmann::json& json);  // errors name the field
  nlohmann::json to_json() const;
};

}  // namespace davit::router
