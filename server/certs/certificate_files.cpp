#include "server/certs/certificate_files.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/certificate/certificate.hpp"
#include "base/certificate/limits.hpp"
#include "base/files.hpp"

namespace davit::certs {
namespace {

Result<router::CertificateEntry> read_pair(const Pair& files) {
  auto chain = read_file(files.chain, limits::certificate_bytes_max);
  if (!chain) return std::move(chain).error();
  auto key = read_file(files.key, limits::certificate_bytes_max);
  if (!key) return std::move(key).error();
  router::CertificateEntry entry;
  entry.chain_pem = std::move(*chain);
  entry.key_pem = std::move(*key);
  return entry;
}

Result<router::CertificateEntry> read_sound_pair(const Pair& files, const CertificateProbe& probe) {
  auto entry = read_pair(files);
  if (!entry) return entry;
  const auto certificate = Certificate::parse(entry->chain_pem, entry->key_pem, {});
  if (!certificate) return certificate.error();
  DAVIT_TRY(probe.check(**certificate));
  return entry;
}

}  // namespace

Entries entries_of(const std::vector<Served>& served) {
  Entries entries;
  for (const Served& each : served) {
    entries.push_back(each.entry);
    entries.back().is_default = entries.size() == 1;
  }
  return entries;
}

Renewed read_certificates(const std::vector<Pair>& files, const std::vector<Served>& before) {
  Renewed renewed;
  const CertificateProbe probe;
  for (const Pair& pair : files) {
    auto entry = read_sound_pair(pair, probe);
    if (entry) {
      renewed.served.push_back({pair, std::move(*entry)});
      continue;
    }
    const auto known = std::ranges::find(before, pair, &Served::files);
    if (known != before.end()) renewed.served.push_back(*known);
    renewed.problems.push_back(fmt::format(
        "'{}' and '{}': {}; {}", pair.chain, pair.key, entry.error().message,
        known != before.end() ? "what was read before is served on" : "it is not served"));
  }
  return renewed;
}

Result<> check_readable(const std::vector<Pair>& files) {
  for (const Pair& pair : files) {
    const auto entry = read_pair(pair);
    if (!entry) return entry.error();
  }
  return {};
}

std::string fingerprint_of(const std::vector<Pair>& files) {
  std::string fingerprint;
  for (const Pair& pair : files) {
    for (const std::string& path : {pair.chain, pair.key}) {
      struct stat file {};
      if (::stat(path.c_str(), &file) != 0) file = {};
      fingerprint += fmt::format("{}:{}:{}:{}.{}:{}.{} ", file.st_dev, file.st_ino, file.st_size,
                                 file.st_mtim.tv_sec, file.st_mtim.tv_nsec, file.st_ctim.tv_sec,
                                 file.st_ctim.tv_nsec);
    }
  }
  return fingerprint;
}

}  // namespace davit::certs
