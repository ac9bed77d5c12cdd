#pragma once
#include <memory>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "server/daemon/options.hpp"

namespace davit {

// All of davitd, wired. Construction opens what is on disk; run() serves until SIGTERM or SIGINT.
// Dynos and router go on when it ends: the next one adopts them.
class Daemon {
 public:
  static Result<std::unique_ptr<Daemon>> open(Options options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  Result<> run();

 private:
  struct Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit
