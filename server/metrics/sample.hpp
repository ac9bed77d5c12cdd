#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/histogram.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::metrics {

// What one dyno took in one step. Two instances of one name (a switch) count together.
struct DynoUse {
  std::uint64_t cpu_micros = 0;      // used within…
  std::uint64_t covered_micros = 0;  // …so much time; 0: not known yet
  std::uint64_t rss_bytes = 0;       // the most
  std::uint64_t swap_bytes = 0;      // the most
  std::uint64_t quota_bytes = 0;
  std::uint64_t processes = 0;  // and threads; the most
  std::uint64_t requests = 0;   // that it answered, or should have

  void merge(const DynoUse& other);
  std::optional<double> cpu_percent() const;  // of one CPU
};

// What one app took and served in one step. Steps add up to longer ones.
struct Sample {
  std::array<std::uint64_t, 6> statuses{};  // requests by the first digit; [0]: any other
  Histogram service;                        // of those that a dyno answered; WebSockets left out
  Histogram queue;                          // of those that waited for a dyno
  std::uint64_t bytes_in = 0;               // of bodies and tunnels, from clients
  std::uint64_t bytes_out = 0;              // and to them
  std::uint64_t in_flight = 0;              // requests and tunnels at one time; the most
  std::map<DynoName, DynoUse> dynos;

  bool empty() const;
  std::uint64_t requests() const;
  void merge(const Sample& other);

  std::string encode() const;  // CBOR
  // Errors: corrupt.
  static Result<Sample> decode(const std::string& bytes);
};

}  // namespace davit::metrics
