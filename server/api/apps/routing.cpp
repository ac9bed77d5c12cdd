// How an app's requests are shared among its web dynos (`davit routing`): an endpoint of our own.
#include <nlohmann/json.hpp>

#include "server/api/handlers.hpp"
#include "server/api/limits.hpp"
#include "server/auth/secrets.hpp"

namespace davit::api {
namespace {

nlohmann::json routing_json(const store::RoutingRecord& routing, const store::App& app) {
  nlohmann::json limit;
  if (routing.concurrency != 0) limit = routing.concurrency;
  return {{"app", {{"id", app.id.str()}, {"name", app.name.str()}}},
          {"limit", std::move(limit)},
          {"policy", routing.policy},
          {"affinity", routing.affinity},
          {"https_redirect", routing.https_redirect},
          {"hsts_seconds", routing.hsts_seconds}};
}

// What is absent stays; a limit of null is the default again.
struct RoutingChange {
  std::optional<std::uint32_t> limit;
  std::optional<std::string> policy;
  std::optional<bool> affinity;
  std::optional<bool> https_redirect;
  std::optional<std::int64_t> hsts_seconds;
};

Result<std::optional<std::uint32_t>> wanted_limit(const nlohmann::json& body,
                                                  const JsonObject& fields) {
  const auto number = fields.integer("limit");
  if (!number) return number.error();
  if (!number->has_value()) {
    // Null is "not given" elsewhere; here it is the only way to say "none of my own".
    if (body.contains("limit")) return std::optional<std::uint32_t>(0);
    return std::optional<std::uint32_t>();
  }
  if (**number < 1 || **number > limits::routing_limit_max) {
    return fail(Errc::invalid_argument,
                "limit: must be between 1 and {} requests at one time on each dyno, or null for "
                "the default",
                limits::routing_limit_max);
  }
  return std::optional<std::uint32_t>(static_cast<std::uint32_t>(**number));
}

Result<RoutingChange> wanted_change(const nlohmann::json& body) {
  const auto fields = JsonObject::of(body, "");
  if (!fields) return fields.error();
  RoutingChange change;
  auto limit = wanted_limit(body, *fields);
  if (!limit) return std::move(limit).error();
  change.limit = *limit;
  auto policy = fields->text("policy");
  if (!policy) return std::move(policy).error();
  change.policy = std::move(*policy);
  const bool known = !change.policy || *change.policy == "least" ||
                     *change.policy == "round-robin" || *change.policy == "random";
  if (!known) {
    return fail(Errc::invalid_argument, "policy: must be least, round-robin or random");
  }
  const auto affinity = fields->flag("affinity");
  if (!affinity) return affinity.error();
  change.affinity = *affinity;
  const auto redirect = fields->flag("https_redirect");
  if (!redirect) return redirect.error();
  change.https_redirect = *redirect;
  const auto hsts = fields->integer("hsts_seconds");
  if (!hsts) return hsts.error();
  change.hsts_seconds = *hsts;
  if (*hsts && (**hsts < 0 || **hsts > limits::hsts_seconds_max)) {
    return fail(Errc::invalid_argument, "hsts_seconds: must be between 0 (none) and {}, two years",
                limits::hsts_seconds_max);
  }
  return change;
}

std::string told(const store::RoutingRecord& routing) {
  const auto on_or_off = [](bool on) { return on ? "on" : "off"; };
  return fmt::format("limit {}, policy {}, affinity {}, https-redirect {}, hsts {}",
                     routing.concurrency == 0 ? "default" : std::to_string(routing.concurrency),
                     routing.policy, on_or_off(routing.affinity), on_or_off(routing.https_redirect),
                     routing.hsts_seconds == 0 ? "off" : fmt::format("{}s", routing.hsts_seconds));
}

Result<store::RoutingRecord> write_change(store::Stores& stores, const AppId& app,
                                          const RoutingChange& change, const std::string& key) {
  store::RoutingRecord routing = stores.routing.find(app);
  if (change.limit) routing.concurrency = *change.limit;
  if (change.policy) routing.policy = *change.policy;
  if (change.affinity) routing.affinity = *change.affinity;
  if (change.https_redirect) routing.https_redirect = *change.https_redirect;
  if (change.hsts_seconds) routing.hsts_seconds = *change.hsts_seconds;
  if (routing.affinity && routing.affinity_key.empty()) routing.affinity_key = key;
  DAVIT_TRY(stores.routing.set(app, routing));
  return routing;
}

}  // namespace

Task<Result<Reply>> routing_info(Context& context, Call& call) {
  auto job = [app = call.the_app().id](store::Stores& stores) { return stores.routing.find(app); };
  const auto routing = co_await context.services.store.run(std::move(job));
  co_return json_reply(200, routing_json(routing, call.the_app()));
}

Task<Result<Reply>> routing_update(Context& context, Call& call) {
  auto change = wanted_change(*call.body);
  if (!change) co_return std::move(change).error();
  auto job = [app = call.the_app().id, change = std::move(*change),
              key = auth::make_url_secret(context.services.random)](store::Stores& stores) {
    return write_change(stores, app, change, key);
  };
  const auto routing = co_await context.services.store.run(std::move(job));
  if (!routing) co_return routing.error();
  context.services.supervisor.changed(call.the_app().id);
  std::string text = fmt::format("Set routing to {} by user {}", told(*routing), call.who().email);
  co_await log_action(context, call.the_app().id, std::move(text));
  co_return json_reply(200, routing_json(*routing, call.the_app()));
}

}  // namespace davit::api
