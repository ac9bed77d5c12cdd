// What an app's owner may switch on (`davit labs`).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "base/time_format.hpp"
#include "server/api/handlers.hpp"
#include "server/auth/secrets.hpp"
#include "server/supervisor/features.hpp"

namespace davit::api {
namespace {

struct KnownFeature {
  const char* name;
  const char* description;
};
constexpr KnownFeature known_features[] = {
    {supervisor::runtime_metrics_feature,
     "Each dyno's load and memory in the app's log, every 20 seconds"},
    {supervisor::json_router_log_feature, "The router's log lines as JSON"}};

const KnownFeature* find_feature(const std::string& name) {
  const auto* const found =
      std::ranges::find_if(known_features, [&](const auto& each) { return name == each.name; });
  return found == std::end(known_features) ? nullptr : found;
}

std::string feature_id(const store::App& app, const KnownFeature& feature) {
  return auth::derived_uuid("feature/" + app.id.str() + "/" + feature.name);
}

nlohmann::json feature_json(const KnownFeature& feature, bool enabled, const store::App& app) {
  return {{"id", feature_id(app, feature)},
          {"name", feature.name},
          {"display_name", feature.name},
          {"description", feature.description},
          {"doc_url", ""},
          {"feedback_email", ""},
          {"state", "general"},
          {"enabled", enabled},
          {"created_at", iso8601(app.created_at)},
          {"updated_at", iso8601(app.updated_at)}};
}

Task<std::vector<std::string>> enabled_features(Context& context, AppId app) {
  auto job = [app = std::move(app)](store::Stores& stores) { return stores.features.list(app); };
  auto names = co_await context.services.store.run(std::move(job));
  co_return names;
}

Reply no_such_feature(const std::string& name) {
  return failure_reply(
      {404, "not_found",
       fmt::format("Couldn't find that feature ({}). There are: {} and {}.", printable(name, 80),
                   known_features[0].name, known_features[1].name),
       "feature"});
}

}  // namespace

Task<Result<Reply>> feature_list(Context& context, Call& call) {
  const auto enabled = co_await enabled_features(context, call.the_app().id);
  auto list = nlohmann::json::array();
  for (const auto& feature : known_features) {
    const bool on = std::ranges::find(enabled, feature.name) != enabled.end();
    list.push_back(feature_json(feature, on, call.the_app()));
  }
  co_return json_reply(200, list);
}

Task<Result<Reply>> feature_info(Context& context, Call& call) {
  const auto* feature = find_feature(call.param("feature"));
  if (feature == nullptr) co_return no_such_feature(call.param("feature"));
  const auto enabled = co_await enabled_features(context, call.the_app().id);
  const bool on = std::ranges::find(enabled, feature->name) != enabled.end();
  co_return json_reply(200, feature_json(*feature, on, call.the_app()));
}

Task<Result<Reply>> feature_update(Context& context, Call& call) {
  const auto* feature = find_feature(call.param("feature"));
  if (feature == nullptr) co_return no_such_feature(call.param("feature"));
  const auto body = JsonObject::of(*call.body, "");
  if (!body) co_return body.error();
  const auto enabled = body->flag("enabled");
  if (!enabled) co_return enabled.error();
  if (!*enabled) co_return fail(Errc::invalid_argument, "enabled: must be true or false");
  const bool on = **enabled;
  auto job = [app = call.the_app().id, name = std::string(feature->name),
              on](store::Stores& stores) { return stores.features.set(app, name, on); };
  const auto set = co_await context.services.store.run(std::move(job));
  if (!set) co_return set.error();
  context.services.supervisor.changed(call.the_app().id);
  std::string text = fmt::format("{} feature {} by user {}", on ? "Enable" : "Disable",
                                 feature->name, call.who().email);
  co_await log_action(context, call.the_app().id, std::move(text));
  co_return json_reply(200, feature_json(*feature, on, call.the_app()));
}

}  // namespace davit::api
