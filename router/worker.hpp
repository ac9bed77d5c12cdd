#pragma once
#include <array>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "router/access_log.hpp"
#include "router/capacity.hpp"
#include "router/complaints.hpp"
#include "router/connector.hpp"
#include "router/crowd.hpp"
#include "router/fast_random.hpp"
#include "router/guard/guard.hpp"
#include "router/http/head.hpp"
#include "router/log_outbox.hpp"
#include "router/net/buffer.hpp"
#include "router/parking.hpp"
#include "router/passed_connector.hpp"
#include "router/place_box.hpp"
#include "router/route_table.hpp"
#include "router/time_limits.hpp"
#include "router/timer_wheel.hpp"
#include "router/traffic_meter.hpp"
#include "router/upstream_pool.hpp"

namespace davit::router {

// Everything that one thread serves requests with. Threads share route tables, the targets' counts,
// the gates and the guard, nothing else. Built before and destroyed after every session.
struct Worker {
  struct Settings {
    std::uint64_t seed = 0;
    TimeLimits times;
    Capacity capacity;  // this thread's share
    guard::Guard& guard;
  };
  // What leaves the thread; each is called on it, `places` also on others.
  struct Outlets {
    std::function<void()> log_waiting;       // see LogOutbox
    std::function<void(const App&)> wanted;  // a request waits for an app that sleeps
    std::function<void()> places_arrived;    // see PlaceBox
  };
  Worker(asio::io_context& io_context, const Clock& system_clock, Settings settings,
         Outlets outlets)
      : io(io_context),
        clock(system_clock),
        access_log(std::move(outlets.log_waiting)),
        places(std::move(outlets.places_arrived)),
        wanted(std::move(outlets.wanted)),
        times(settings.times),
        capacity(settings.capacity),
        guard(settings.guard),
        random(settings.seed),
        wheel(system_clock.steady()),
        connector(
            std::make_unique<ConnectorByAddress>(io_context, wheel, system_clock, times.connect)) {}

  // Closes something that can be done without. false: there is nothing, and no descriptor either.
  bool free_descriptor();
  // Memory for one more request. Tunnels that hold buffers have a share of it, and give way.
  bool make_request_room();
  void bound_clogged_tunnels();  // may end the one that asks

  asio::io_context& io;
  const Clock& clock;
  LogOutbox access_log;
  PlaceBox places;
  TrafficMeter traffic;
  const std::function<void(const App&)> wanted;
  const TimeLimits times;
  const Capacity capacity;
  guard::Guard& guard;
  FastRandom random;
  TimerWheel wheel;
  BlockPool blocks;
  UpstreamPool pool;
  Parking parking;
  std::unique_ptr<Connector> connector;
  std::shared_ptr<const Routes> routes = std::make_shared<const Routes>();
  std::string https_port;  // where a redirection leads; empty: HTTPS is not served
  bool stopping = false;   // every response says that its connection ends
  std::uint64_t last_attempt =
      0;  // names upstream connections, so that a late event of an old one is known

  Crowd crowd;
  std::uint32_t requests = 0;  // in flight or waiting
  // Connections without a request that may hold a buffer.
  std::size_t idle_buffers() const {
    return std::max<std::size_t>(1, capacity.requests / limits::idle_buffers_share);
  }
  Complaints complaints;

  // Scratch for the head being handled right now.
  http::RequestHead request_head;
  http::ResponseHead response_head;
  std::array<char, limits::block_bytes> head_out;
};

}  // namespace davit::router
