#pragma once
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace davit::sources {

struct UploadLimits {
  std::uint64_t bytes_max = 512ull * 1024 * 1024;   // one tarball: the vendor's slug limit
  std::uint64_t total_max = 4096ull * 1024 * 1024;  // all that wait for their build
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
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;  // hex
};

// Tarballs of source on their way to a build: <folder>/<random>. Each is uploaded once, within an
// hour, by whoever has its URL; a build takes it, once. None outlives this process: the constructor
// empties the folder. io thread only; disk work runs on `workers`. References outlive it.
class Uploads {
 public:
  Uploads(std::string folder, asio::thread_pool& workers, const Clock& clock, Random& random,
          UploadLimits limits = {});

  Result<UploadSecrets> give(const UserId& user);  // limit_exceeded

  // The next bytes of the body; empty at its end.
  using Read = std::function<Task<Result<std::string>>()>;
  // Errors: not_found (no such URL, or used, or too old), too_large, unavailable (disk).
  Task<Result<>> receive(std::string secret, Read read);

  // For the build: the file is the caller's from now on, to be removed. Errors: not_found, conflict
  // (nothing was uploaded yet).
  Result<UploadedFile> take(const std::string& get_secret);
  // For whoever has the URL, as long as no build took it.
  Result<UploadedFile> find(const std::string& get_secret);
  // A path for another file of the caller's own.
  std::string new_path();
  Task<Result<std::string>> digest(std::string path) const;  // SHA-256, hex
  void remove_later(std::string path) const;

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
  Task<Result<UploadedFile>> write(std::string path, Read read);
  void forget_old();
  std::uint64_t total() const;

  const std::string folder_;
  asio::thread_pool& workers_;
  const Clock& clock_;
  Random& random_;
  const UploadLimits limits_;
  Entries entries_;
  std::uint64_t receiving_bytes_ = 0;
};

}  // namespace davit::sources
