#include "router/protocol/certificates.hpp"

#include <nlohmann/json.hpp>

#include "router/protocol/json_fields.hpp"
#include "router/protocol/messages.hpp"

namespace davit::router {

namespace {

Result<CertificateEntry> read_entry(const nlohmann::json& object, std::string path) {
  JsonFields fields(object, std::move(path));
  CertificateEntry entry;
  fields.read("names", entry.names);
  fields.read("chain_pem", entry.chain_pem);
  fields.read("key_pem", entry.key_pem);
  fields.read("default", entry.is_default);
  DAVIT_TRY(fields.result());
  return entry;
}

nlohmann::json entry_json(const CertificateEntry& entry) {
  return {{"names", entry.names},
          {"chain_pem", entry.chain_pem},
          {"key_pem", entry.key_pem},
          {"default", entry.is_default}};
}

}  // namespace

Result<CertificateSet> CertificateSet::from_json(const nlohmann::json& json_set) {
  JsonFields fields(json_set, "");
  CertificateSet set;
  fields.read("version", set.version);
  fields.read_each("certificates", set.certificates, read_entry);
  DAVIT_TRY(fields.result());
  return set;
}

nlohmann::json CertificateSet::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const CertificateEntry& entry : certificates) list.push_back(entry_json(entry));
  return {{"version", version}, {"certificates", std::move(list)}};
}

std::vector<SetCertificates> in_parts(const CertificateSet& set, std::size_t bytes_max) {
  const std::size_t around = encode(SetCertificates{{set.version, {}}, true}).size();
  std::vector<SetCertificates> parts;
  parts.push_back({{set.version, {}}});
  std::size_t bytes = around;
  for (const CertificateEntry& entry : set.certificates) {
    const std::size_t more = entry_json(entry).dump().size() + 1;  // and its comma
    if (!parts.back().set.certificates.empty() && bytes + more > bytes_max) {
      parts.back().more = true;
      parts.push_back({{set.version, {}}});
      bytes = around;
    }
    parts.back().set.certificates.push_back(entry);
    bytes += more;
  }
  return parts;
}

}  // namespace davit::router
