#pragma once
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "server/sources/tarball.hpp"

namespace davit::sources {

struct UploadLimits {
  std::uint64_t bytes_max = 512ull * 1024 * 1024;   // one tarball: the vendor's slug limit
  std::uint64_t total_max = 4096ull * 1024 * 1024;  // all that wait for their build, or are built
  std::uint64_t user_max = 1024ull * 1024 * 1024;   // of these, one user's
  std::size_t per_user = 20;                        // CI services make one for each build
  std::size_t count_max = 500;
  std::uint64_t disk_reserve_bytes = 256ull * 1024 * 1024;  // left free for running apps
  std::chrono::minutes lifetime{60};                        // the vendor's
};

// The secret parts of the two URLs of one upload.
struct UploadSecrets {
  std::string put;
  std::string get;
};

// A tarball that was uploaded.
struct UploadedFile {
  std::shared_ptr<const Tarball> file;  // stays for as long as somebody has it
  std::string sha256;                   // hex
};

// Tarballs of source on their way to a build: <folder>/<random>. Each is uploaded once, within an
// hour, by whoever has its URL; a build takes it, once. All of them count until they are gone. None
// outlives this process: the constructor empties the folder. io thread only; disk work runs on
// `workers`. References outlive it.
class Uploads {
 public:
  Uploads(std::string folder, asio::thread_pool& workers, const Clock& clock, Random& random,
          UploadLimits limits = {});

  Result<UploadSecrets> give(const UserId& user);  // limit_exceeded

  // The next bytes of the body; empty at its end.
  using Read = std::function<Task<Result<std::string>>()>;
  // Errors: not_found (no such URL, or used, or too old), too_large, unavailable (disk).
  Task<Result<>> receive(std::string secret, Read read);

  // For the build: nobody else gets the file from now on. Errors: not_found, conflict (nothing was
  // uploaded yet).
  Result<UploadedFile> take(const std::string& get_secret);
  // For whoever has the URL, as long as no build took it.
  Result<UploadedFile> find(const std::string& get_secret);
  // For a tarball that comes otherwise, within the same limits.
  std::shared_ptr<Tarball> make(const UserId& user);
  // SHA-256, hex. Cancellable.
  Task<Result<std::string>> digest(std::shared_ptr<const Tarball> tarball) const;
  std::uint64_t total_bytes() const { return ledger_->total(); }

  const UploadLimits& limits() const { return limits_; }

 private:
  enum class State { waiting, receiving, ready };
  struct Entry {
    UserId user;
    std::string put_secret;
    State state = State::waiting;
    SteadyTime expires_at;
    UploadedFile file;
  };
  using Entries = std::map<std::string, Entry>;  // by the secret of its get URL
  Task<Result<UploadedFile>> write(UserId user, Read read);
  void forget_old();

  const std::string folder_;
  asio::thread_pool& workers_;
  const Clock& clock_;
  Random& random_;
  const UploadLimits limits_;
  Entries entries_;
  const std::shared_ptr<TarballLedger> ledger_;
};

}  // namespace davit::sources
