// `davit pause`: an app's requests are held for a moment, none is refused. Endpoints of our own.
#include <nlohmann/json.hpp>

#include "base/duration.hpp"
#include "base/time_format.hpp"
#include "server/api/handlers.hpp"
#include "server/api/limits.hpp"

namespace davit::api {
namespace {

Task<Result<Reply>> set_paused(Context& context, Call& call, std::optional<WallTime> until,
                               std::string text) {
  auto job = [app = call.the_app().id, until](store::Stores& stores) {
    return stores.apps.set_paused(app, until);
  };
  const auto set = co_await context.services.store.run(std::move(job));
  if (!set) co_return set.error();
  context.services.supervisor.changed(call.the_app().id);
  text += " by user " + call.who().email;
  co_await log_action(context, call.the_app().id, std::move(text));
  nlohmann::json body{{"paused_until", nullptr}};
  if (until) body["paused_until"] = iso8601(*until);
  co_return json_reply(200, body);
}

}  // namespace

Task<Result<Reply>> app_pause(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  if (!body) co_return body.error();
  const auto seconds = body->integer("seconds");
  if (!seconds) co_return seconds.error();
  constexpr auto longest = std::chrono::seconds(limits::pause_max).count();
  const std::int64_t wanted = seconds->value_or(longest);
  if (wanted < 1 || wanted > longest) {
    co_return fail(Errc::invalid_argument,
                   "seconds: must be from 1 to {}; browsers and clients do not wait for longer. "
                   "`davit maintenance:on` is for longer work.",
                   longest);
  }
  const std::chrono::seconds time(wanted);
  const WallTime until = context.services.clock.wall() + time;
  std::string text = "Paused for " + format_duration(time);
  co_return co_await set_paused(context, call, until, std::move(text));
}

Task<Result<Reply>> app_resume(Context& context, Call& call) {
  std::string text = "Resumed";
  co_return co_await set_paused(context, call, std::nullopt, std::move(text));
}

}  // namespace davit::api
