#pragma once
#include <boost/asio/thread_pool.hpp>
#include <functional>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/condition.hpp"
#include "server/certs/certificate_files.hpp"

namespace davit::certs {

// Knows the certificates that are to be served. Reads their files again when they change (looked at
// each minute), and on each hang-up also which files davit.toml names; gives what is new to whoever
// serves it. io thread only but for its construction; files are read on the workers.
class CertificateWatch {
 public:
  struct Services {
    asio::any_io_executor executor;
    asio::thread_pool& workers;
    const Clock& clock;
  };
  using Serve = std::function<void(Entries entries)>;
  // Which pairs davit.toml names now. Called on the workers. Empty: nothing can name any.
  using Named = std::function<Result<std::vector<Pair>>()>;
  // Reads the files: blocks. What is not sound is logged and left out until it is.
  CertificateWatch(Services services, std::vector<Pair> files, Named named, Serve serve);

  Entries entries() const { return entries_of(served_); }  // to begin with

  Task<> run();        // until cancelled; both return at once where nothing can name a file
  Task<> on_hangup();  // each SIGHUP has all of it read

 private:
  Task<> look();
  Task<> read_names();
  void take(Renewed renewed);

  Services services_;
  std::vector<Pair> files_;
  const Named named_;
  const Serve serve_;
  std::string fingerprint_;  // of the files before they were read
  std::vector<Served> served_;
  bool asked_ = false;
  Condition ask_;
};

}  // namespace davit::certs
