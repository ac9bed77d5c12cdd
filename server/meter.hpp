#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "base/histogram.hpp"
#include "base/ids.hpp"
#include "dyno/protocol/usage.hpp"

namespace davit {

// One request as the router saw it end.
struct RequestFact {
  int status = 0;
  std::int64_t service_ms = -1;  // -1: no dyno took it
  std::int64_t queue_ms = -1;    // waited for a dyno; -1: did not have to
};

// What the router counted for an app since it told last; of one of its dynos, or of requests that
// none had.
struct TrafficFact {
  std::optional<DynoName> dyno;
  std::array<std::uint64_t, 6> statuses{};  // requests by the first digit; [0]: any other
  Histogram service;                        // of those that a dyno answered; WebSockets left out
  Histogram queue;                          // of those that waited for a dyno
  std::uint64_t bytes_in = 0;               // of bodies and tunnels, from clients
  std::uint64_t bytes_out = 0;              // and to them
  // Of `statuses` those whose dyno was drawn by weight, not named by the client's affinity cookie.
  struct Drawn {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;  // answered by 5xx
  } drawn;
};

// Who counts what apps take and serve: told by the supervisor and by routing, whoever listens. io
// thread only; cheap.
class Meter {
 public:
  virtual ~Meter() = default;
  virtual void used(const AppId& app, const DynoName& name, const DynoId& dyno,
                    const dyno::Usage& usage) = 0;
  // By a router that tells each request alone.
  virtual void requested(const AppId& app, const RequestFact& request) = 0;
  virtual void served(const AppId& app, const TrafficFact& traffic) = 0;
  // On all dynos of the app, now; those that wait for one too.
  virtual void in_flight(const AppId& app, std::uint64_t requests) = 0;
};

}  // namespace davit
