#include "server/fetch/fetcher.hpp"

#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/files.hpp"
#include "server/fetch/exchange.hpp"
#include "server/fetch/limits.hpp"

namespace davit::fetch {
namespace {

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void load_authorities(asio::ssl::context& tls, const std::map<std::string, std::string>& env) {
  boost::system::error_code ignored;
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.set_default_verify_paths(ignored);
  const auto file = env.find("SSL_CERT_FILE");
  if (file != env.end()) tls.load_verify_file(file->second, ignored);
}

}  // namespace

struct Fetcher::Impl {
  Impl(std::map<std::string, std::string> environment, Guard chosen)
      : env(std::move(environment)), proxies(env), guard(std::move(chosen)) {}

  Task<Result<Fetched>> run(Ongoing& ongoing) const {
    auto address = Address::parse(ongoing.request.url);
    if (!address) co_return std::move(address).error();
    for (int hop = 0; hop <= limits::redirects_max; ++hop) {
      auto proxy = proxies.for_address(*address);
      if (!proxy) co_return std::move(proxy).error();
      Address here = *address;
      std::optional<Address> through = std::move(*proxy);
      auto answer = co_await exchange(ongoing, std::move(here), std::move(through));
      if (!answer) co_return std::move(answer).error();
      if (answer->status == 200) co_return Fetched{address->url(), std::move(answer->type)};
      if (!is_redirect(answer->status) || !ongoing.request.body_type.empty()) {
        co_return fail(answer->status == 404 ? Errc::not_found : Errc::unavailable,
                       "'{}' answers {}", address->shown(), answer->status);
      }
      auto next = address->follow(answer->location);
      if (!next) co_return std::move(next).error();
      address = std::move(next);
    }
    co_return fail(Errc::unavailable, "'{}' leads through more than {} redirects", address->shown(),
                   limits::redirects_max);
  }

  const std::map<std::string, std::string> env;
  const Proxies proxies;
  const Guard guard;
};

Fetcher::Fetcher(std::map<std::string, std::string> environment, Guard guard)
    : impl_(std::make_unique<Impl>(std::move(environment), std::move(guard))) {}
Fetcher::~Fetcher() = default;

Result<> Fetcher::get(const FetchRequest& request, const Take& take, std::stop_token stop) const {
  const auto done = fetch(request, take, std::move(stop));
  return done ? Result<>() : done.error();
}

Result<Fetched> Fetcher::fetch(const FetchRequest& request, const Take& take,
                               std::stop_token stop) const {
  asio::io_context io{1};
  asio::ssl::context tls(asio::ssl::context::tls_client);
  load_authorities(tls, impl_->env);
  Ongoing ongoing{io, tls, request, impl_->guard, take, {}, {}};
  const auto end = [&ongoing](std::string why) {
    ongoing.stopped = std::move(why);
    if (ongoing.close) ongoing.close();
  };
  asio::steady_timer deadline(io, request.time_limit);
  deadline.async_wait([&](const boost::system::error_code& ec) {
    if (!ec) end("it took too long");
  });
  Result<Fetched> result = fail(Errc::internal, "'{}': not asked for", shown_url(request.url));
  auto answered = [&](const std::exception_ptr& failure, Result<Fetched> done) {
    deadline.cancel();
    if (failure) std::rethrow_exception(failure);
    result = std::move(done);
  };
  asio::co_spawn(io, impl_->run(ongoing), answered);
  const std::stop_callback on_stop(stop, [&] { asio::post(io, [&] { end("stopped"); }); });
  io.run();
  if (!result && stop.stop_requested()) {
    return fail(Errc::cancelled, "'{}': stopped", shown_url(request.url));
  }
  return result;
}

Result<std::string> Fetcher::text(const FetchRequest& request, std::stop_token stop) const {
  std::string text;
  const auto done = get(
      request,
      [&](std::string_view bytes) {
        text += bytes;
        return Result<>();
      },
      std::move(stop));
  if (!done) return done.error();
  return text;
}

Result<> Fetcher::to_file(const FetchRequest& request, const std::string& path,
                          std::stop_token stop) const {
  auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!file) return std::move(file).error();
  return get(
      request, [&](std::string_view bytes) { return write_all(file->get(), bytes); },
      std::move(stop));
}

}  // namespace davit::fetch
