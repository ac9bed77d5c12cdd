#pragma once
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "server/api/dynos/run_tickets.hpp"
#include "server/api/logs/log_sessions.hpp"
#include "server/api/services.hpp"
#include "server/api/shape/json_input.hpp"
#include "server/api/shape/reply.hpp"

// What handlers get. Private to this room.
namespace davit::api {

struct Context {
  Context(Services given, Options chosen)
      : services(std::move(given)),
        options(std::move(chosen)),
        log_sessions(services.clock, services.random),
        run_tickets(services.clock, services.random),
        stream_key(services.random.bytes(32)) {}

  const Services services;
  const Options options;
  LogSessions log_sessions;
  RunTickets run_tickets;
  std::map<AppId, std::size_t> open_streams;
  std::size_t open_streams_total = 0;
  std::string stream_key;  // signs URLs of build outputs; a new one at each start
};

// One request on its way through the API, after the checks that its endpoint's access level asks
// for.
struct Call {
  http::Exchange& exchange;
  std::string request_id;
  std::map<std::string, std::string> params;   // of the pattern: ":app" is under "app"
  std::optional<auth::Caller> caller;          // none on open endpoints
  std::optional<store::App> app;               // set where the pattern has ":app"
  std::shared_ptr<const nlohmann::json> body;  // an object; {} where the client sent none
  std::uint32_t requests_left = 0;             // of the caller's rate limit

  const http::Request& request() const { return exchange.request(); }
  const auth::Principal& who() const { return caller.value().principal; }
  const store::App& the_app() const { return app.value(); }
  const std::string& param(const std::string& name) const { return params.at(name); }
  std::string_view range() const { return request().fields.get("Range"); }
};

// A line of the platform's in the app's log: "app[api]: Scaled to …".
Task<> log_action(Context& context, AppId app, std::string text);

}  // namespace davit::api
