#include "server/git/upload_pack.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/race.hpp"
#include "server/git/git_process.hpp"
#include "server/git/limits.hpp"
#include "server/git/pkt_line.hpp"
#include "server/git/request_body.hpp"
#include "server/git/text_response.hpp"

namespace davit::git {
namespace {

using Mode = GitProcess::Mode;

struct Fetch {
  http::Exchange& exchange;
  GitProcess& git;
  std::string request;
  std::string content_type;
  std::string prefix;  // sent before git's first output
  bool started = false;
  bool broken = false;
};

// Starts the response with git's first output: a git that fails before it is still a plain error.
Task<> copy_output(Fetch& fetch) {
  for (;;) {
    auto piece = co_await fetch.git.take();
    if (piece.empty()) break;
    if (!std::exchange(fetch.started, true)) {
      auto head = git_head(fetch.content_type);
      piece.insert(0, fetch.prefix);
      const auto started = co_await fetch.exchange.start(std::move(head));
      if (!started) fetch.broken = true;
    }
    if (!fetch.broken) {
      const auto sent = co_await fetch.exchange.write(std::move(piece));
      if (!sent) fetch.broken = true;
    }
    if (fetch.broken) co_return;
  }
}

Task<> give_and_copy(Fetch& fetch) {
  // Both at once: a git that answers before it has read everything would wait for us, and we for
  // it.
  std::vector<Task<>> tasks;
  tasks.push_back(fetch.git.give(std::move(fetch.request)));
  tasks.push_back(copy_output(fetch));
  co_await run_all(std::move(tasks));
}

Task<> time_limit() {
  asio::steady_timer timer(co_await asio::this_coro::executor, limits::fetch_timeout);
  co_await timer.async_wait(asio::use_awaitable);
}

Task<> finish(Fetch& fetch, bool complete) {
  if (!complete || fetch.broken) fetch.git.kill();
  const int code = co_await fetch.git.exit_code();
  if (code != 0) log::info("git upload-pack failed", {{"code", code}});
  if (!fetch.started) {
    std::string text = "the repository could not be read; the request may be broken. Try again.";
    const int status = code == 128 ? 400 : 500;
    co_await respond_text(fetch.exchange, status, std::move(text));
    co_return;
  }
  // Cut short: without the last chunk the client knows that it has not got everything.
  if (complete && !fetch.broken) co_await fetch.exchange.finish();
}

Task<> run(http::Exchange& exchange, std::string repository, Mode mode, std::string request) {
  const auto executor = co_await asio::this_coro::executor;
  const std::string protocol(exchange.request().fields.get("Git-Protocol"));
  auto git = GitProcess::upload_pack(executor, repository, mode, protocol);
  if (!git) {
    auto error = git.error();
    co_await respond_error(exchange, std::move(error));
    co_return;
  }
  Fetch fetch{exchange, **git, std::move(request), {}, {}};
  fetch.content_type = mode == Mode::advertise ? "application/x-git-upload-pack-advertisement"
                                               : "application/x-git-upload-pack-result";
  const bool version_2 = protocol.find("version=2") != std::string::npos;
  if (mode == Mode::advertise && !version_2) {
    fetch.prefix = pkt_line("# service=git-upload-pack\n") + std::string(pkt_flush);
  }
  std::vector<Task<>> tasks;
  tasks.push_back(give_and_copy(fetch));
  tasks.push_back(exchange.client_gone());
  tasks.push_back(time_limit());
  const auto ended = co_await race(std::move(tasks));
  const bool complete = ended.first == 0 && !ended.failures.front();
  co_await finish(fetch, complete);
}

// The body, decoded; git's own server has the same limit on it.
Task<Result<std::string>> read_request(http::Exchange& exchange) {
  auto body = RequestBody::open(exchange, limits::fetch_request_bytes_max);
  if (!body) co_return std::move(body).error();
  std::string request;
  for (;;) {
    auto piece = co_await (*body)->next();
    if (!piece) co_return std::move(piece).error();
    if (piece->empty()) co_return request;
    request += *piece;
  }
}

}  // namespace

Task<> advertise_upload_pack(http::Exchange& exchange, std::string repository) {
  auto body = co_await exchange.read_body(0);
  if (!body) {
    auto error = body.error();
    co_await respond_error(exchange, std::move(error));
    co_return;
  }
  co_await run(exchange, std::move(repository), Mode::advertise, std::string());
}

Task<> serve_upload_pack(http::Exchange& exchange, std::string repository) {
  auto request = co_await read_request(exchange);
  if (!request) {
    auto error = request.error();
    co_await respond_error(exchange, std::move(error));
    co_return;
  }
  co_await run(exchange, std::move(repository), Mode::serve, std::move(*request));
}

}  // namespace davit::git
