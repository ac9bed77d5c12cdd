#include "server/git/git_endpoint.hpp"

#include "base/encoding.hpp"
#include "base/ensure.hpp"
#include "base/run_blocking.hpp"
#include "server/git/advertise.hpp"
#include "server/git/push.hpp"
#include "server/git/quarantine.hpp"
#include "server/git/text_response.hpp"
#include "server/git/upload_pack.hpp"

namespace davit::git {
namespace {

constexpr std::string_view suffix = ".git/";

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return pair.substr(name.size() + 1);
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return {};
}

bool has_content_type(const http::Request& request, Service service) {
  const bool push = service == Service::receive_pack;
  return request.fields.get("Content-Type") == (push ? "application/x-git-receive-pack-request"
                                                     : "application/x-git-upload-pack-request");
}

}  // namespace

GitEndpoint::GitEndpoint(asio::any_io_executor executor, asio::thread_pool& workers, Access& access,
                         Deployer& deployer, PushLimits limits)
    : workers_(workers),
      access_(access),
      deployer_(deployer),
      limits_(limits),
      prepared_changed_(executor) {}

GitEndpoint::~GitEndpoint() { ensure(pushes_.empty(), "the HTTP server is stopped first"); }

void GitEndpoint::stop() {
  for (auto* push : pushes_) push->stop();
}

bool GitEndpoint::serves(std::string_view path) {
  const auto slash = path.find('/', 1);
  return slash != std::string_view::npos && path.substr(0, slash + 1).ends_with(suffix);
}

Result<GitEndpoint::Route> GitEndpoint::route(const http::Request& request) {
  const auto slash = request.path.find('/', 1);
  const auto app =
      AppName::parse(std::string_view(request.path).substr(1, slash + 1 - suffix.size() - 1));
  if (!app) return fail(Errc::not_found, "no such app; `davit apps` lists yours");
  const auto rest = std::string_view(request.path).substr(slash + 1);
  const bool get = request.method == "GET";
  if (rest == "info/refs" && get) {
    const auto service = query_value(request.query, "service");
    if (service == "git-receive-pack") return Route{*app, Service::receive_pack, Action::advertise};
    if (service == "git-upload-pack") return Route{*app, Service::upload_pack, Action::advertise};
    return fail(Errc::forbidden, "only git's smart protocol is served; use git 1.6.6 or newer");
  }
  if (request.method == "POST") {
    if (rest == "git-receive-pack") {
      return Route{*app, Service::receive_pack, Action::exchange_packs};
    }
    if (rest == "git-upload-pack") return Route{*app, Service::upload_pack, Action::exchange_packs};
  }
  return fail(Errc::not_found, "'{} {}' is no part of git's protocol",
              printable(request.method, 16), printable(request.path, 80));
}

Task<Result<PushAccess>> GitEndpoint::authorize(http::Exchange& exchange, Route route) {
  std::string authorization(exchange.request().fields.get("Authorization"));
  auto allowed =
      co_await access_.authorize(std::move(authorization), std::move(route.app), route.service);
  if (!allowed) co_return std::move(allowed).error();
  ensure(allowed->repository.starts_with('/'), "a repository's path is absolute");
  auto access = *allowed;
  const auto prepared = co_await prepare(std::move(access));
  if (!prepared) co_return prepared.error();
  co_return allowed;
}

Task<Result<>> GitEndpoint::prepare(PushAccess access) {
  // One at a time: a second first push must not tidy away the quarantine of the first.
  while (preparing_.contains(access.repository)) co_await prepared_changed_.wait();
  if (prepared_.contains(access.repository)) co_return Result<>{};
  struct Leave {
    GitEndpoint& endpoint;
    const std::string& repository;
    ~Leave() {
      endpoint.preparing_.erase(repository);
      endpoint.prepared_changed_.notify_all();
    }
  };
  preparing_.insert(access.repository);
  const Leave leave{*this, access.repository};
  auto job = [&access]() -> Result<> {
    DAVIT_TRY(create_repository(access.repository));
    return Quarantine::remove_stale(access.repository);
  };
  auto made = co_await run_blocking(workers_, job);
  if (made) prepared_.insert(access.repository);
  co_return made;
}

Task<> GitEndpoint::handle(http::Exchange& exchange) {
  auto where = route(exchange.request());
  if (!where) {
    auto error = where.error();
    co_await respond_error(exchange, std::move(error));
    co_return;
  }
  auto asked = *where;
  auto allowed = co_await authorize(exchange, std::move(asked));
  if (!allowed) {
    auto error = allowed.error();
    co_await respond_error(exchange, std::move(error));
    co_return;
  }
  auto access = std::move(*allowed);
  const auto service = where->service;
  const auto action = where->action;
  if (action == Action::exchange_packs && !has_content_type(exchange.request(), service)) {
    std::string text = "the request's Content-Type is not git's";
    co_await respond_text(exchange, 415, std::move(text));
  } else if (service == Service::upload_pack) {
    co_await fetch(exchange, std::move(access), action);
  } else if (action == Action::advertise) {
    co_await advertise_push(exchange, std::move(access));
  } else {
    co_await push(exchange, std::move(access));
  }
}

Task<> GitEndpoint::advertise_push(http::Exchange& exchange, PushAccess access) {
  auto job = [&access] { return list_refs(access.repository); };
  auto refs = co_await run_blocking(workers_, job);
  if (!refs) {
    auto error = refs.error();
    co_await respond_error(exchange, std::move(error));
    co_return;
  }
  auto head = git_head("application/x-git-receive-pack-advertisement");
  auto body = advertise_refs(*refs, exchange.request().fields.get("Git-Protocol"));
  co_await exchange.respond(std::move(head), std::move(body));
}

Task<> GitEndpoint::push(http::Exchange& exchange, PushAccess access) {
  if (pushes_.size() >= limits::pushes_at_once_max) {
    std::string text = "too many pushes at once; try again in a minute";
    co_await respond_text(exchange, 503, std::move(text));
    co_return;
  }
  Push running({workers_, deployer_, limits_}, exchange, std::move(access));
  struct Leave {
    std::set<Push*>& pushes;
    Push* push;
    ~Leave() { pushes.erase(push); }
  };
  pushes_.insert(&running);
  const Leave leave{pushes_, &running};
  co_await running.run();
}

Task<> GitEndpoint::fetch(http::Exchange& exchange, PushAccess access, Action action) {
  if (fetches_ >= limits::fetches_at_once_max) {
    std::string text = "too many fetches at once; try again in a minute";
    co_await respond_text(exchange, 503, std::move(text));
    co_return;
  }
  struct Leave {
    std::size_t& count;
    ~Leave() { --count; }
  };
  ++fetches_;
  const Leave leave{fetches_};
  auto repository = access.repository;
  if (action == Action::advertise) {
    co_await advertise_upload_pack(exchange, std::move(repository));
  } else {
    co_await serve_upload_pack(exchange, std::move(repository));
  }
}

}  // namespace davit::git
