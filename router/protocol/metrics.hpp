#pragma once
#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/histogram.hpp"
#include "base/result.hpp"

namespace davit::router {

// What one dyno of an app served in some time; without a name: requests that no dyno had.
struct Traffic {
  std::string dyno;                         // "web.1"
  std::array<std::uint64_t, 6> statuses{};  // requests that ended, by the first digit; [0]: others
  Histogram service;                        // ms; of those that it answered; tunnels left out
  Histogram queue;                          // ms; of those that waited
  std::uint64_t bytes_in = 0;               // of bodies and tunnels, from clients
  std::uint64_t bytes_out = 0;              // and to them
  // Of `statuses` those whose client chose the dyno, by its affinity cookie; likewise by digit.
  std::array<std::uint64_t, 6> pinned{};
  void merge(const Traffic& other);
};
struct AppTraffic {
  std::string app;              // name
  std::uint64_t in_flight = 0;  // requests and tunnels on its dynos now, and requests that wait
  std::vector<Traffic> traffic;
};
// Everything since the last Metrics, whatever became of the log lines; lost with a connection that
// breaks while it is on its way. Many apps come in several.
struct Metrics {
  std::vector<AppTraffic> apps;

  static Result<Metrics> from_json(const nlohmann::json& json);  // errors name the field
  nlohmann::json to_json() const;
};

}  // namespace davit::router
