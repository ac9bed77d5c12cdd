#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "router/protocol/certificates.hpp"
#include "server/config/config_file.hpp"

namespace davit::certs {

using Pair = config::RouterSection::Certificate;
using Entries = std::vector<router::CertificateEntry>;

// One pair of davit.toml, and what was read of it: sound, as the router sees it. Private keys: kept
// in memory alone.
struct Served {
  Pair files;
  router::CertificateEntry entry;
};
// The first is for names that no other covers.
Entries entries_of(const std::vector<Served>& served);

// All PEM files that are named. A pair that cannot be served (a file that is gone, half written, a
// weak key, or a key that is not the certificate's: whoever renews it writes one after the other)
// keeps what is served for the same pair now, if anything is, and says so. May block.
struct Renewed {
  std::vector<Served> served;
  std::vector<std::string> problems;  // one sentence each
};
Renewed read_certificates(const std::vector<Pair>& files, const std::vector<Served>& before);

// At the start: the first file that cannot be read at all is an error. May block.
Result<> check_readable(const std::vector<Pair>& files);

// Changes whenever one of the files is written, replaced, or may be read by others. May block.
std::string fingerprint_of(const std::vector<Pair>& files);

}  // namespace davit::certs
