#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "router/protocol/certificates.hpp"
#include "server/config/config_file.hpp"

namespace davit::certs {

using Pair = config::RouterSection::Certificate;
using Entries = std::vector<router::CertificateEntry>;

// The PEM files of davit.toml; the first pair is for names that no other covers. Private keys: kept
// in memory alone. May block. Errors: the first file that cannot be read.
Result<Entries> read_certificates(const std::vector<Pair>& files);

// The same again, later. A pair that cannot be served (a file that is gone, half written, or a key
// that is not the certificate's: whoever renews it writes one after the other) keeps what is served
// for it now, and says so.
struct Renewed {
  Entries entries;
  std::vector<std::string> problems;  // one sentence each
};
Renewed renew_certificates(const std::vector<Pair>& files, const Entries& served);

// Changes whenever one of the files is written or replaced. May block.
std::string fingerprint_of(const std::vector<Pair>& files);

}  // namespace davit::certs
