#pragma once
#include <cstdint>

#include "base/ids.hpp"
#include "dyno/protocol/usage.hpp"

namespace davit {

// One request as the router saw it end.
struct RequestFact {
  int status = 0;
  std::int64_t service_ms = -1;  // -1: no dyno took it
  std::int64_t queue_ms = -1;    // waited for a dyno; -1: did not have to
};

// Who counts what apps take and serve: told by the supervisor and by routing, whoever listens. io
// thread only; cheap.
class Meter {
 public:
  virtual ~Meter() = default;
  virtual void used(const AppId& app, const DynoName& name, const DynoId& dyno,
                    const dyno::Usage& usage) = 0;
  virtual void requested(const AppId& app, const RequestFact& request) = 0;
};

}  // namespace davit
