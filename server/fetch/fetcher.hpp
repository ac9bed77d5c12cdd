#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server/fetch/guard.hpp"

namespace davit::fetch {

struct FetchRequest {
  std::string url;
  std::string accept = "*/*";
  std::uint64_t bytes_max = 0;
  std::chrono::milliseconds time_limit{0};  // for all of it
  // With a type: a POST of the body. Its redirects are not followed.
  std::string body_type{};
  std::string body{};
  std::string agent = "davit";
};

// What came, apart from the body.
struct Fetched {
  std::string url;  // where the redirects ended; without user and password, with its query
  std::string type;
};

// Gets files by HTTP and HTTPS: the system's certificate authorities (or SSL_CERT_FILE), host names
// checked, redirects followed within https, proxies as curl takes them from `environment`. A user
// and password in an address go to its own host alone. Where `guard` says no, nothing is connected:
// forbidden. Each call blocks and has threads and connections of its own: any thread, but not one
// that others wait for.
class Fetcher {
 public:
  explicit Fetcher(std::map<std::string, std::string> environment, Guard guard = {});
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // Gives the body of a 200 to `take`, piece by piece. A request to stop ends it soon, with
  // cancelled. Errors name the address: unavailable (not reached, not 200), timeout, too_large,
  // corrupt, and what `take` returned.
  using Take = std::function<Result<>(std::string_view)>;
  Result<> get(const FetchRequest& request, const Take& take, std::stop_token stop) const;
  Result<Fetched> fetch(const FetchRequest& request, const Take& take, std::stop_token stop) const;

  Result<std::string> text(const FetchRequest& request, std::stop_token stop) const;
  // The file must not exist.
  Result<> to_file(const FetchRequest& request, const std::string& path,
                   std::stop_token stop) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit::fetch
