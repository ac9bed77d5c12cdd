#pragma once
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/random.hpp"
#include "dyno/protocol/network.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/network/doctor.hpp"
#include "server/network/firewall.hpp"
#include "server/network/plan.hpp"
#include "server/network/resolvers.hpp"
#include "server/network/table_watch.hpp"
#include "server/network/trial.hpp"

namespace davit::network {

// Gives every dyno and build step its network. io thread only; what it is made from outlives it.
class Networks {
 public:
  struct Services {
    asio::any_io_executor executor;
    dynos::Launcher& launcher;
    asio::thread_pool& workers;
    Random& random;
  };
  struct Config {
    Settings settings;
    std::string data;     // davitd's data folder: names this davitd
    std::string scratch;  // where dynos' scratch folders are made
    std::string api_socket;
    std::vector<std::uint16_t> public_ports;    // of the router, where it listens beyond loopback
    std::optional<std::uint32_t> door_group{};  // the router's group, when it has a user of its own
  };
  Networks(Services services, Config config);

  // Finds out what this host lets dynos have, and at level A takes a range and sets up the packet
  // filter. Never fails: what is not to be had is in plan().missing, and logged once. Until it has
  // returned everybody gets the host's network.
  Task<> start();
  // Puts the packet filter back whenever somebody has removed it; until cancelled.
  Task<> guard();
  // davitd ends: the packet filter goes, unless dynos go on.
  void stop();

  const Plan& plan() const { return plan_; }
  // For one new dyno, or one build step; each call gives an address of its own.
  dyno::Network for_dyno();
  dyno::Network for_build();

  // Tries, in dynos of its own, what dynos must not be able to do.
  Task<std::vector<Check>> examine();

 private:
  Task<> look_at_host(Facts& facts);
  Task<> claim_firewall(Facts& facts);
  void watch_table();
  Task<Nat> try_nat(const Facts& facts);
  dyno::Network isolated(Uplink uplink);
  dyno::VethUplink next_veth();
  Policy policy() const;
  TrialHost trial_host() const;

  Services services_;
  Config config_;
  Plan plan_;
  dyno::NetworkAbilities abilities_;
  Resolvers resolvers_;
  std::optional<HostFirewall> firewall_;
  std::optional<TableWatch> watch_;
  std::uint32_t mtu_ = 1500;
  std::uint32_t next_index_ = 0;
};

// After every dyno was stopped: removes what a davitd of this data folder left. Blocking.
void remove_leftovers(const std::string& data);

// The port of an app in an isolated dyno, the same in every one: where `davit local` and most
// frameworks' examples have theirs, below the range that the kernel takes for outgoing connections.
// Dynos on the host's network get one from first_host_port on (Linux hands out 32768 and up by
// itself): a dyno's port tells which it is.
inline constexpr std::uint16_t app_port = 5000;
inline constexpr std::uint16_t first_host_port = 15'000, last_host_port = 32'000;
static_assert(app_port < first_host_port);
// Reached through its door only (base/door.hpp).
constexpr bool is_isolated(std::uint16_t dyno_port) { return dyno_port == app_port; }

}  // namespace davit::network
