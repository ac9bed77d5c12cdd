#pragma once
#include <boost/asio/thread_pool.hpp>
#include <functional>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/condition.hpp"
#include "server/certs/certificate_files.hpp"

namespace davit::certs {

// Reads the certificate files again when they change (looked at each minute) or at once on demand,
// and gives what is new to whoever serves it. io thread only; files are read on the workers.
class CertificateWatch {
 public:
  struct Services {
    asio::any_io_executor executor;
    asio::thread_pool& workers;
    const Clock& clock;
  };
  using Serve = std::function<void(Entries entries)>;
  CertificateWatch(Services services, std::vector<Pair> files, Entries served, Serve serve);

  Task<> run();        // until cancelled; returns at once where there are no files
  Task<> on_hangup();  // the same: each SIGHUP has them read

 private:
  Task<> look();

  Services services_;
  const std::vector<Pair> files_;
  Entries served_;
  const Serve serve_;
  std::string fingerprint_;
  bool asked_ = false;
  Condition ask_;
};

}  // namespace davit::certs
