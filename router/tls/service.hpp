#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/unique_fd.hpp"
#include "router/tls/context.hpp"
#include "router/tls/keyring.hpp"

namespace davit::router::tls {

// The router's certificates and ticket keys: those of its own options, those that davitd sends and
// those that a predecessor passes on. Nothing of them is written to disk. A router that starts
// while davitd is away refuses the handshakes for which no option gives a certificate
// (unrecognized_name), and serves plain ports. io thread, but for compile().
class Service {
 public:
  explicit Service(Random& random) : keyring_(random) {}

  // "CHAIN,KEY" each, PEM files. Errors name the file and what is wrong with it.
  Result<> load_files(const std::vector<std::string>& pairs);
  // One for each thread that shakes hands; lives as long as this.
  Result<Context*> make_context();

  // Any thread: what the router would serve with.
  Certificates::Compiled compile(const CertificateSet& set) const;
  void apply(std::shared_ptr<const Certificates> certificates) {
    keyring_.set(std::move(certificates));
  }
  void rotate(SteadyTime now) { keyring_.rotate(now); }
  std::uint64_t version() const { return keyring_.certificates()->version(); }

  // For the router that takes this one's place: everything, in memory that has no name.
  Result<UniqueFd> to_estate() const;
  // What compile() found wrong with it. Errors: corrupt.
  Result<std::vector<std::string>> from_estate(const UniqueFd& estate);

 private:
  Keyring keyring_;
  std::vector<CertificateEntry> own_;
  std::vector<std::unique_ptr<Context>> contexts_;
};

}  // namespace davit::router::tls
