#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace davit::fetch {

// Answers each connection on a free port of loopback with the next of its answers, byte for byte,
// and closes it; with TLS where it has a certificate. An answer that is empty keeps it open until
// the end of the test.
class CannedServer {
 public:
  struct Tls {
    std::string certificate;
    std::string key;
  };
  explicit CannedServer(std::vector<std::string> answers, Tls tls = {});
  ~CannedServer();
  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path) const;
  std::vector<std::string> requests();  // the heads that came

 private:
  struct Impl;
  void serve();
  std::unique_ptr<Impl> impl_;
  std::vector<std::string> answers_;
  bool secure_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace davit::fetch
