#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

// The route table as davitd sends it and as the router keeps it on disk. Whole snapshots; version
// grows.
namespace davit::router {

inline constexpr int protocol_version = 6;
// From here on a router knows AppState::asleep and tells Quiet and Wanted.
inline constexpr int sleep_version = 2;
// From here on a router knows SetCertificates, and AppRoute::https_redirect and hsts_seconds.
inline constexpr int certificates_version = 5;
// From here on a router knows certificates in parts (SetCertificates::more).
inline constexpr int certificate_parts_version = 6;
// From here on a router knows ChangeTable, and tells Metrics: its log lines are not counted.
inline constexpr int changes_version = 4;

// "127.0.0.1:41234", "unix:/run/davit/api.sock" or "dyno:/run/davit/dynos/<id>.net": a dyno's door
// (base/door.hpp).
struct Endpoint {
  std::string address;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

inline constexpr std::uint32_t default_weight = 100;
inline constexpr std::uint32_t weight_max = 10'000;

struct DynoRoute {
  std::string id;    // DynoId
  std::string name;  // "web.1", as the access log shows it
  Endpoint endpoint;
  std::uint32_t weight = default_weight;  // its share of the app's requests, beside the others'
  friend bool operator==(const DynoRoute&, const DynoRoute&) = default;
};

// What to answer when an app has no dyno in the table.
enum class AppState {
  serving,   // has dynos; or none yet because web is scaled to 0: H14
  starting,  // dynos are on their way: requests are held, then H20
  crashed,   // H10
  asleep,    // its dynos rest: requests are held, davitd is told Wanted, then H20
};

// How an app's requests are shared among its dynos.
enum class Policy : std::uint8_t { least, round_robin, random };
std::string_view to_text(Policy policy);  // "least", "round-robin", "random"
std::optional<Policy> parse_policy(std::string_view text);

struct AppRoute {
  std::string app;                 // name, for the log
  std::string id;                  // AppId; empty from an older davitd
  std::vector<std::string> hosts;  // lower case, no port
  AppState state = AppState::serving;
  std::vector<DynoRoute> dynos;
  bool maintenance = false;          // H80
  std::int64_t quiet_after_ms = 0;   // without a request for so long: tell Quiet; 0: never
  std::int64_t paused_until_ms = 0;  // wall clock, since 1970: requests are held until then
  // HTML documents of the app's own, shown to people in place of the router's; empty: none.
  std::string error_page;
  std::string maintenance_page;
  bool json_log = false;  // its access log lines are JSON
  Policy policy = Policy::least;
  std::uint32_t concurrency = 0;  // requests in flight on each dyno; 0: the router's default
  // Makes the tokens by which affinity cookies name dynos; empty: no affinity. Secret.
  std::string affinity_key;
  bool https_redirect = false;    // plain requests are sent to HTTPS, where that is served
  std::int64_t hsts_seconds = 0;  // Strict-Transport-Security where the app sends none; 0: none
  friend bool operator==(const AppRoute&, const AppRoute&) = default;
};

struct RouteTable {
  std::uint64_t version = 0;
  // Hosts of the control plane (API, git), and where it listens. A request whose path starts with
  // "/<app>.git/" on these hosts goes there too: it is the same endpoint.
  std::vector<std::string> control_hosts;
  Endpoint control;
  std::vector<AppRoute> apps;

  static Result<RouteTable> from_json(const nlohmann::json& json);  // errors name the field
  nlohmann::json to_json() const;
};

// A table as JSON text, app by app: a tree of ten thousand takes ten times its text.
class TableText {
 public:
  explicit TableText(const RouteTable& without_apps);
  void add(const AppRoute& app);
  std::string finish();

 private:
  std::string text_;
  std::string rest_;
  bool first_ = true;
};

}  // namespace davit::router
