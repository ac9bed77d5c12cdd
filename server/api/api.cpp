#include "server/api/api.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "server/api/account/rate_limiter.hpp"
#include "server/api/context.hpp"
#include "server/api/endpoints.hpp"
#include "server/api/shape/accept.hpp"
#include "server/auth/secrets.hpp"

namespace davit::api {

struct Api::Impl {
  Impl(Services services, Options options)
      : limiter(services.clock, options.requests_per_hour),
        context(std::move(services), std::move(options)) {}
  RateLimiter limiter;
  Context context;
};

namespace {

using Refusal = std::optional<Reply>;  // nothing: go on

Refusal refuse(const Error& error, const Call& call) { return error_reply(error, call.request_id); }

Reply no_such_endpoint(const Call& call) {
  return failure_reply({404, "not_found",
                        "The requested API endpoint was not found: " + call.request().method + " " +
                            call.request().path + ". Are you using the right HTTP verb?",
                        ""});
}

Reply no_such_app() { return failure_reply({404, "not_found", "Couldn't find that app.", "app"}); }

// Another user's app is answered like none at all. Errors of the store itself pass through.
Task<Refusal> resolve_app(Context& context, Call& call) {
  const std::string text = call.param("app");
  const auto id = AppId::parse(text);
  const auto name = AppName::parse(text);
  if (!id && !name) co_return no_such_app();
  auto job = [id, name](store::Stores& stores) {
    return id ? stores.apps.find(*id) : stores.apps.find(*name);
  };
  auto app = co_await context.services.store.run(std::move(job));
  if (!app && app.error().code != Errc::not_found) co_return refuse(app.error(), call);
  if (!app || !auth::may_use(call.who(), *app)) co_return no_such_app();
  call.app = std::move(*app);
  co_return std::nullopt;
}

Task<Refusal> authenticate(Context& context, Call& call, Access access) {
  std::string header(call.request().fields.get("Authorization"));
  auto& authenticator = context.services.authenticator;
  auto proving = access == Access::login ? authenticator.authenticate_login(std::move(header))
                                         : authenticator.authenticate(std::move(header));
  auto caller = co_await std::move(proving);
  if (!caller) {
    auto reply = error_reply(caller.error(), call.request_id);
    if (reply.status == 401) reply.fields.add("WWW-Authenticate", "Bearer realm=\"davit\"");
    co_return reply;
  }
  call.caller = std::move(*caller);
  co_return std::nullopt;
}

const std::string& rate_key(const auth::Caller& caller) {
  return caller.token.empty() ? caller.principal.user.str() : caller.token.str();
}

// The one place that decides whether a request reaches its handler. Closed unless a rule below
// opens.
Task<Refusal> admit(Context& context, RateLimiter& limiter, const Endpoint* endpoint, Call& call) {
  const Access access = endpoint != nullptr ? endpoint->access : Access::user;
  if (access == Access::open) co_return std::nullopt;
  if (auto refusal = co_await authenticate(context, call, access)) co_return refusal;
  const auto left = limiter.take(rate_key(*call.caller));
  if (!left) co_return refuse(left.error(), call);
  call.requests_left = *left;
  if (endpoint == nullptr) co_return no_such_endpoint(call);
  if (!accepts_version_3(call.request().fields.get("Accept"))) {
    co_return failure_reply({406, "not_acceptable",
                             "This server speaks version 3 only: send `Accept: "
                             "application/vnd.heroku+json; version=3`.",
                             ""});
  }
  switch (access) {
    case Access::user:
    case Access::login: co_return std::nullopt;
    case Access::app: co_return co_await resolve_app(context, call);
    case Access::admin:
      if (call.who().admin) co_return std::nullopt;
      break;
    case Access::open: break;  // left above
  }
  const Error closed = fail(Errc::forbidden, "Only an admin of this server may do that.");
  co_return refuse(closed, call);
}

// The body of a request that changes something, as an object. Read only once the caller is known to
// be allowed.
Task<Refusal> read_input(Call& call, const Endpoint& endpoint) {
  auto body = std::make_shared<nlohmann::json>(nlohmann::json::object());
  if (endpoint.method != "GET" && endpoint.body == Body::json) {
    auto text = co_await call.exchange.read_body(limits::body_bytes_max);
    if (!text) co_return refuse(text.error(), call);
    const bool blank = text->find_first_not_of(" \t\r\n") == std::string::npos;
    if (!blank) {
      auto parsed = parse_json(*text);
      if (!parsed) {
        co_return failure_reply({400, "bad_request", parsed.error().message, ""});
      }
      if (!parsed->is_object()) {
        const auto object = JsonObject::of(*parsed, "");
        co_return refuse(object.error(), call);
      }
      *body = std::move(*parsed);
    }
  }
  call.body = std::move(body);
  co_return std::nullopt;
}

// What changes something is not torn in the middle by a client that hangs up: it runs as a
// coroutine of its own that no cancellation reaches, and its dispatcher waits for it.
Task<Result<Reply>> perform(Context& context, const Endpoint& endpoint, Call& call) {
  if (endpoint.method == "GET") co_return co_await endpoint.handle(context, call);
  auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
  co_return co_await asio::co_spawn(context.services.executor, endpoint.handle(context, call),
                                    token);
}

Task<Reply> answer(Context& context, RateLimiter& limiter, const Endpoint* endpoint, Call& call) {
  auto refusal = co_await admit(context, limiter, endpoint, call);
  if (refusal) co_return std::move(*refusal);
  refusal = co_await read_input(call, *endpoint);
  if (refusal) co_return std::move(*refusal);
  auto reply = co_await perform(context, *endpoint, call);
  if (!reply) co_return error_reply(reply.error(), call.request_id);
  co_return std::move(*reply);
}

http::ResponseHead head_of(Reply& reply, const Call& call) {
  http::ResponseHead head;
  head.status = reply.status;
  head.fields = std::move(reply.fields);
  head.fields.add("Request-Id", call.request_id);
  head.fields.add("Cache-Control", "private, no-cache");
  if (!head.fields.has("Content-Type")) head.fields.add("Content-Type", "application/json");
  if (!head.fields.has("Accept-Ranges")) head.fields.add("Accept-Ranges", "id, name, created_at");
  if (call.caller) head.fields.add("RateLimit-Remaining", std::to_string(call.requests_left));
  if (call.request().method != "GET" || reply.status != 200) return head;
  const std::string tag = "\"" + auth::token_hash(reply.body).substr(0, 32) + "\"";
  head.fields.add("ETag", tag);
  if (call.request().fields.get("If-None-Match") == tag) {
    head.status = 304;
    reply.body.clear();
  }
  return head;
}

}  // namespace

Api::Api(Services services, Options options)
    : impl_(std::make_unique<Impl>(std::move(services), std::move(options))) {}

Api::~Api() = default;

Task<> Api::handle(http::Exchange& exchange) {
  Context& context = impl_->context;
  auto match = find_endpoint(exchange.request().method, exchange.request().path);
  Call call{exchange, make_uuid(context.services.random), std::move(match.params), {}, {}, {}, 0};
  auto reply = co_await answer(context, impl_->limiter, match.endpoint, call);
  if (reply.sent) co_return;
  auto head = head_of(reply, call);
  // A client that is gone cannot be told so.
  (void)co_await exchange.respond(std::move(head), std::move(reply.body));
}

Task<> log_action(Context& context, AppId app, std::string text) {
  logs::Line line;
  line.app = std::move(app);
  line.at = context.services.clock.wall();
  line.source = logs::Source::app;
  line.process = "api";
  line.text = std::move(text);
  std::vector<logs::Line> lines;
  lines.push_back(std::move(line));
  co_await context.services.logs.append(std::move(lines));
}

}  // namespace davit::api
