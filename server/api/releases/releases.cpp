#include <charconv>
#include <nlohmann/json.hpp>
#include <ranges>

#include "base/encoding.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/list_range.hpp"
#include "server/api/shape/objects.hpp"
#include "server/api/shape/output_stream.hpp"
#include "server/supervisor/plan.hpp"

namespace davit::api {
namespace {

const ListRules release_rules{{"version", "id", "created_at", "updated_at"}, false};

Error no_such_release(const std::string& text) {
  return fail(Errc::not_found, "Couldn't find that release ({}). `davit releases` lists them.",
              printable(text, 60));
}

// "12" or "v12".
std::optional<std::uint32_t> parse_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  std::uint32_t version = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (ec != std::errc() || end != text.data() + text.size() || version == 0) return std::nullopt;
  return version;
}

// By id, number, or "current". Store thread.
Result<store::Release> look_up(store::Stores& stores, const AppId& app, const std::string& text) {
  Result<store::Release> release = no_such_release(text);
  const auto id = ReleaseId::parse(text);
  if (id) {
    release = stores.releases.find(*id);
  } else if (const auto version = parse_version(text)) {
    release = stores.releases.find(app, *version);
  } else if (text == "current") {
    release = stores.releases.current(app);
  }
  if (!release && release.error().code != Errc::not_found) return release;
  // An id is looked up among all apps' releases: another app's is none of this one's.
  if (!release || release->app != app) return no_such_release(text);
  return release;
}

OutputStream stream_of(const ReleaseId& release) { return {"releases", release.str()}; }

// Where its release command, or the trial of its dynos, can be read; empty where it has had
// neither.
std::string output_url(const Context& context, const store::Release& release) {
  const bool proves = release.processes.contains(supervisor::release_type) ||
                      release.status != store::Status::succeeded;
  return release.slug && proves ? stream_of(release.id).url(context) : std::string();
}

Result<ReleaseView> view_release(store::Stores& stores, const AppId& app, const std::string& text) {
  auto release = look_up(stores, app, text);
  if (!release) return std::move(release).error();
  const auto current = stores.releases.current(app);
  const bool is_current = current && current->id == release->id;
  const UserRef user = user_ref(release->user, emails_of(stores));
  return ReleaseView{std::move(*release), user, is_current, stores.canaries.find(app)};
}

Task<Result<ReleaseView>> find_release(Context& context, AppId app, std::string text) {
  auto job = [app = std::move(app), text = std::move(text)](store::Stores& stores) {
    return view_release(stores, app, text);
  };
  auto view = co_await context.services.store.run(std::move(job));
  if (view) view->output_url = output_url(context, view->release);
  co_return view;
}

// {"release": id or version}; "v12" and numbers too, as people write them.
Result<std::string> wanted_release(const JsonObject& body) {
  if (body.find("slug") != nullptr) {
    return fail(Errc::invalid_argument,
                "slug: releases from slugs are not available on this server; push the commit, or "
                "roll back with {{\"release\": …}}");
  }
  const auto* value = body.find("release");
  if (value != nullptr && value->is_number_unsigned()) return value->dump();
  const auto text = body.identity("release");
  if (!text) return text.error();
  if (!*text) return fail(Errc::invalid_argument, "release: is missing");
  return **text;
}

}  // namespace

Task<Result<Reply>> release_list(Context& context, Call& call) {
  auto job = [app = call.the_app().id](store::Stores& stores) {
    std::vector<ReleaseView> views;
    const Emails emails = emails_of(stores);
    const auto current = stores.releases.current(app);
    const auto canary = stores.canaries.find(app);
    for (auto& release : stores.releases.list(app, limits::listed_max)) {
      const UserRef user = user_ref(release.user, emails);
      const bool is_current = current && current->id == release.id;
      views.push_back({std::move(release), user, is_current, canary});
    }
    return views;
  };
  auto views = co_await context.services.store.run(std::move(job));
  std::vector<nlohmann::json> items;
  for (auto& view : views | std::views::reverse) {
    view.output_url = output_url(context, view.release);
    items.push_back(release_json(view, call.the_app()));
  }
  co_return list_reply(std::move(items), call.range(), release_rules);
}

Task<Result<Reply>> release_info(Context& context, Call& call) {
  const auto view = co_await find_release(context, call.the_app().id, call.param("release"));
  if (!view) co_return view.error();
  co_return json_reply(200, release_json(*view, call.the_app()));
}

Task<Result<Reply>> release_config(Context& context, Call& call) {
  const auto view = co_await find_release(context, call.the_app().id, call.param("release"));
  if (!view) co_return view.error();
  auto body = nlohmann::json::object();
  for (const auto& [key, value] : view->release.config) body[key] = value;
  co_return json_reply(200, body);
}

Task<Result<Reply>> release_create(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  auto wanted = wanted_release(*body);
  if (!wanted) co_return std::move(wanted).error();
  const auto target = co_await find_release(context, call.the_app().id, std::move(*wanted));
  if (!target) co_return target.error();
  const auto made = co_await context.services.releases.rollback(call.the_app().id, call.who().user,
                                                                target->release.version);
  if (!made) co_return made.error();
  const auto view = co_await find_release(context, call.the_app().id, made->id.str());
  if (!view) co_return view.error();
  co_return json_reply(201, release_json(*view, call.the_app()));
}

Task<Result<Reply>> release_output(Context& context, Call& call) {
  const auto id = ReleaseId::parse(call.param("release"));
  if (!id || !stream_of(*id).signed_by(context, call.param("signature"))) {
    co_return no_such_release(call.param("release"));
  }
  auto job = [id = *id](store::Stores& stores) { return stores.releases.find(id); };
  const auto release = co_await context.services.store.run(std::move(job));
  if (!release) co_return no_such_release(call.param("release"));
  auto stream = stream_of(*id);
  co_return co_await stream_output(context, call, release->app, std::move(stream));
}

}  // namespace davit::api
