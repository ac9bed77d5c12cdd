#include "router/protocol/certificates.hpp"

#include <nlohmann/json.hpp>

#include "router/protocol/json_fields.hpp"

namespace davit::router {

Result<CertificateSet> CertificateSet::from_json(const nlohmann::json& json_set) {
  JsonFields fields(json_set, "");
  CertificateSet set;
  fields.read("version", set.version);
  fields.each("certificates", [&set](const nlohmann::json& item, std::string path) -> Result<> {
    JsonFields entry_fields(item, std::move(path));
    CertificateEntry entry;
    entry_fields.read("names", entry.names);
    entry_fields.read("chain_pem", entry.chain_pem);
    entry_fields.read("key_pem", entry.key_pem);
    entry_fields.read("default", entry.is_default);
    DAVIT_TRY(entry_fields.result());
    set.certificates.push_back(std::move(entry));
    return {};
  });
  DAVIT_TRY(fields.result());
  return set;
}

nlohmann::json CertificateSet::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const CertificateEntry& entry : certificates) {
    list.push_back({{"names", entry.names},
                    {"chain_pem", entry.chain_pem},
                    {"key_pem", entry.key_pem},
                    {"default", entry.is_default}});
  }
  return {{"version", version}, {"certificates", std::move(list)}};
}

}  // namespace davit::router
