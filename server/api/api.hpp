#pragma once
#include <memory>

#include "server/api/services.hpp"
#include "server/http/exchange.hpp"

namespace davit::api {

// The Platform API (version 3) and Davit's own endpoints. io thread only.
class Api {
 public:
  Api(Services services, Options options);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // Any request that is not git's. Always answers. A request that changes something runs to its end
  // even when the client hangs up in between; reads and streams stop.
  Task<> handle(http::Exchange& exchange);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit::api
