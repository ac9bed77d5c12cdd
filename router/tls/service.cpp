#include "router/tls/service.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "base/certificate/limits.hpp"
#include "base/encoding.hpp"
#include "base/files.hpp"
#include "router/limits.hpp"

namespace davit::router::tls {

Result<> Service::load_files(const std::vector<std::string>& pairs) {
  for (const std::string& pair : pairs) {
    const std::size_t comma = pair.find(',');
    if (comma == pair.npos) {
      return fail(Errc::invalid_argument, "--certificate {}: must be two files, CHAIN,KEY", pair);
    }
    CertificateEntry entry;
    auto chain = read_file(pair.substr(0, comma), davit::limits::certificate_bytes_max);
    if (!chain) return std::move(chain).error();
    auto key = read_file(pair.substr(comma + 1), davit::limits::certificate_bytes_max);
    if (!key) return std::move(key).error();
    entry.chain_pem = std::move(*chain);
    entry.key_pem = std::move(*key);
    entry.is_default = own_.empty();
    own_.push_back(std::move(entry));
    auto compiled = compile({});
    if (!compiled.problems.empty()) {
      return fail(Errc::invalid_argument, "--certificate {}: {}", pair, compiled.problems.back());
    }
    apply(std::move(compiled.certificates));
  }
  return {};
}

Result<Context*> Service::make_context() {
  auto made = Context::make(keyring_);
  if (!made) return std::move(made).error();
  contexts_.push_back(std::move(*made));
  return contexts_.back().get();
}

Certificates::Compiled Service::compile(const CertificateSet& set) const {
  return Certificates::compile(set, own_, keyring_.certificates().get());
}

Result<UniqueFd> Service::to_estate() const {
  UniqueFd fd(::memfd_create("davit-router estate", MFD_CLOEXEC));
  if (!fd) return fail_errno(errno, "make memory for the certificates that are passed on");
  const nlohmann::json estate{{"set", keyring_.certificates()->source().to_json()},
                              {"ticket_keys", base64_encode(keyring_.tickets()->to_bytes())}};
  DAVIT_TRY(write_all(fd.get(), estate.dump()));
  return fd;
}

Result<std::vector<std::string>> Service::from_estate(const UniqueFd& estate) {
  struct stat memory {};
  if (::fstat(estate.get(), &memory) != 0) return fail_errno(errno, "look at the certificates");
  std::string text(static_cast<std::size_t>(memory.st_size), '\0');
  const ssize_t got = ::pread(estate.get(), text.data(), text.size(), 0);
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (got != memory.st_size || !json.is_object() || !json.contains("set") ||
      !json.contains("ticket_keys") || !json["ticket_keys"].is_string()) {
    return fail(Errc::corrupt, "the old router passed on no certificates that can be read");
  }
  const auto keys = base64_decode(json["ticket_keys"].get<std::string>());
  if (TicketKeys tickets; keys && TicketKeys::from_bytes(*keys, tickets)) {
    keyring_.set(std::move(tickets));
  }
  auto set = CertificateSet::from_json(json["set"]);
  if (!set) return std::move(set).error();
  auto compiled = compile(*set);
  apply(std::move(compiled.certificates));
  return std::move(compiled.problems);
}

}  // namespace davit::router::tls
