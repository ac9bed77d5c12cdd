// Releases that begin with a share of the requests (`davit releases:canary`): endpoints of our own.
#include <nlohmann/json.hpp>

#include "base/duration.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/objects.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::api {
namespace {

struct CanaryNow {
  store::CanaryRecord rules;
  std::optional<store::Release> release;  // that serves as one
};

CanaryNow read_canary(const store::Stores& stores, const AppId& app) {
  return {stores.canaries.find(app), stores.releases.canary(app)};
}

nlohmann::json setting_json(const CanaryNow& now, const store::App& app) {
  nlohmann::json percent, promote_after, release;
  if (now.rules.enabled) percent = now.rules.percent;
  if (now.rules.enabled && now.rules.promote_after_ms > 0) {
    promote_after = format_duration(std::chrono::milliseconds(now.rules.promote_after_ms));
  }
  if (now.release) {
    release = canary_json(*now.release, now.rules);
    release["id"] = now.release->id.str();
    release["version"] = now.release->version;
  }
  return {{"app", app_ref(app)},
          {"percent", std::move(percent)},
          {"promote_after", std::move(promote_after)},
          {"release", std::move(release)}};
}

Result<std::int64_t> wanted_after(const JsonObject& fields) {
  const auto text = fields.text("promote_after");
  if (!text) return text.error();
  if (!*text) return 0;
  const auto after = parse_duration(**text, {supervisor::limits::canary_promote_after_min,
                                             supervisor::limits::canary_promote_after_max});
  if (!after) return fail(Errc::invalid_argument, "promote_after: {}", after.error().message);
  return after->count();
}

// {"percent": 10, "promote_after": "15m"}: the whole setting. Without a percent it is switched off,
// and one that serves keeps its share and its time.
Result<store::CanaryRecord> wanted_canary(const JsonObject& fields, store::CanaryRecord before) {
  const auto percent = fields.integer("percent");
  if (!percent) return percent.error();
  before.enabled = percent->has_value();
  const auto after = wanted_after(fields);
  if (!after) return after.error();
  if (!before.enabled) {
    if (*after == 0) return before;
    return fail(Errc::invalid_argument, "promote_after: goes with a percent");
  }
  if (**percent < 1 || **percent > 99) {
    return fail(Errc::invalid_argument,
                "percent: must be between 1 and 99 of the requests, or null: no canaries");
  }
  before.percent = static_cast<std::uint32_t>(**percent);
  before.promote_after_ms = *after;
  return before;
}

std::string told(const store::CanaryRecord& rules) {
  if (!rules.enabled) return "Set releases to begin with all requests";
  std::string text = fmt::format("Set releases to begin with {}% of the requests", rules.percent);
  if (rules.promote_after_ms > 0) {
    text += ", and with all after " +
            format_duration(std::chrono::milliseconds(rules.promote_after_ms));
  }
  return text;
}

// {"release": ID}: the canary that the client decided about. Another may have taken its place
// since: who promotes then must not promote what he never saw.
Result<release::SeenCanary> seen_release(const nlohmann::json& body) {
  const auto fields = JsonObject::of(body, "");
  if (!fields) return fields.error();
  const auto id = fields->identity("release");
  if (!id) return id.error();
  if (!*id) return release::SeenCanary();
  const auto release = ReleaseId::parse(**id);
  if (!release) return fail(Errc::invalid_argument, "release: must be a release's id");
  return release::SeenCanary(*release);
}

Task<Result<Reply>> release_reply(Context& context, Call& call, Result<store::Release> ended) {
  if (!ended) co_return std::move(ended).error();
  auto job = [release = std::move(*ended)](store::Stores& stores) {
    const auto current = stores.releases.current(release.app);
    const bool is_current = current && current->id == release.id;
    return ReleaseView{release, user_ref(release.user, emails_of(stores)), is_current};
  };
  const auto view = co_await context.services.store.run(std::move(job));
  co_return json_reply(200, release_json(view, call.the_app()));
}

}  // namespace

Task<Result<Reply>> canary_info(Context& context, Call& call) {
  auto job = [app = call.the_app().id](store::Stores& stores) { return read_canary(stores, app); };
  const auto now = co_await context.services.store.run(std::move(job));
  co_return json_reply(200, setting_json(now, call.the_app()));
}

Task<Result<Reply>> canary_update(Context& context, Call& call) {
  const auto fields = JsonObject::of(*call.body, "");
  if (!fields) co_return fields.error();
  auto job = [app = call.the_app().id, &fields](store::Stores& stores) -> Result<CanaryNow> {
    const auto wanted = wanted_canary(*fields, stores.canaries.find(app));
    if (!wanted) return wanted.error();
    DAVIT_TRY(stores.canaries.set(app, *wanted));
    return read_canary(stores, app);
  };
  const auto now = co_await context.services.store.run(std::move(job));
  if (!now) co_return now.error();
  context.services.supervisor.changed(call.the_app().id);
  std::string text = told(now->rules) + " by user " + call.who().email;
  co_await log_action(context, call.the_app().id, std::move(text));
  co_return json_reply(200, setting_json(*now, call.the_app()));
}

Task<Result<Reply>> canary_promote(Context& context, Call& call) {
  auto seen = seen_release(*call.body);
  if (!seen) co_return std::move(seen).error();
  auto ended = co_await context.services.releases.promote_canary(call.the_app().id, call.who().user,
                                                                 std::move(*seen));
  co_return co_await release_reply(context, call, std::move(ended));
}

Task<Result<Reply>> canary_abort(Context& context, Call& call) {
  auto seen = seen_release(*call.body);
  if (!seen) co_return std::move(seen).error();
  auto ended = co_await context.services.releases.abort_canary(call.the_app().id, call.who().user,
                                                               std::move(*seen));
  co_return co_await release_reply(context, call, std::move(ended));
}

}  // namespace davit::api
