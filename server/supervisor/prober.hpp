#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::supervisor {

struct ProbeRequest {
  DynoId dyno;
  std::uint16_t port = 0;
  bool isolated = false;  // reached through its door only; else on the port, of 127.0.0.1
  std::string app;        // its name: for the Host field
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds timeout{5'000};
};

// Asks a dyno as the router would. io thread only.
class Prober {
 public:
  virtual ~Prober() = default;
  // The status of the answer to a GET. Errors: unavailable (nobody answers), timeout, corrupt (no
  // HTTP). Cancellable.
  virtual Task<Result<int>> get(ProbeRequest request) = 0;
};

struct HttpProberConfig {
  std::string domain;        // Host is <app>.<domain> unless the request's headers say otherwise
  std::string dyno_sockets;  // the folder of the dynos' doors
};
std::unique_ptr<Prober> make_http_prober(HttpProberConfig config);

// Pure; for make_http_prober.
std::string format_probe(const ProbeRequest& request, const std::string& domain);
// From the bytes that came so far: 0 while the status line is not complete. corrupt: no status line
// of HTTP/1.
Result<int> parse_status_line(std::string_view bytes);

}  // namespace davit::supervisor
