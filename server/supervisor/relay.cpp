#include "server/supervisor/relay.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "base/race.hpp"

namespace davit::supervisor {
namespace {

using std::chrono::steady_clock;

struct Relay {
  RunClient& client;
  dynos::SessionLink& link;
  RelayTimes times;
  steady_clock::time_point last = steady_clock::now();  // when somebody said something
  RelayEnd end = RelayEnd::client_gone;
};

// Until the client is gone. What it says to a command that has ended is dropped: the other way
// tells it so.
Task<> up(Relay& relay) {
  bool taken = true;
  for (;;) {
    auto message = co_await relay.client.receive();
    if (!message) co_return;
    relay.last = steady_clock::now();
    if (!taken || std::holds_alternative<run_stream::Unknown>(*message)) continue;
    const auto sent = co_await relay.link.send(std::move(*message));
    taken = sent.has_value();
  }
}

Task<> tell(Relay& relay, RelayEnd end, run_stream::Ended ended) {
  relay.end = end;
  run_stream::FromCommand message = std::move(ended);
  (void)co_await relay.client.send(std::move(message));
}

// Until the command has ended.
Task<> down(Relay& relay) {
  for (;;) {
    auto message = co_await relay.link.next(steady_clock::now() + relay.times.ping);
    if (!message && message.error().code == Errc::timeout) {
      run_stream::FromCommand ping = run_stream::Ping{};
      const auto sent = co_await relay.client.send(std::move(ping));
      if (!sent) co_return;
      continue;
    }
    if (!message && message.error().code == Errc::cancelled) co_return;
    if (!message) {
      run_stream::Ended lost{137, 9, "killed", "the dyno's davit-dyno is gone"};
      co_await tell(relay, RelayEnd::dyno_gone, std::move(lost));
      co_return;
    }
    relay.last = steady_clock::now();
    const bool last = std::holds_alternative<run_stream::Ended>(*message);
    const auto sent = co_await relay.client.send(std::move(*message));
    if (last) relay.end = RelayEnd::ended;
    if (last || !sent) co_return;
  }
}

Task<> watch(Relay& relay) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_at(relay.last + relay.times.idle);
    co_await timer.async_wait(asio::use_awaitable);
    if (steady_clock::now() >= relay.last + relay.times.idle) co_return;
  }
}

}  // namespace

Task<RelayEnd> relay(RunClient& client, dynos::SessionLink& link, RelayTimes times) {
  Relay state{client, link, times};
  std::vector<Task<>> ways;
  ways.push_back(down(state));
  ways.push_back(up(state));
  ways.push_back(watch(state));
  const auto ended = co_await race(std::move(ways));
  constexpr std::size_t watcher = 2;
  // Nobody reads for so long either: what cannot be sent now is not sent.
  if (ended.first == watcher) state.end = RelayEnd::idle;
  const auto cancelled = co_await asio::this_coro::cancellation_state;
  if (cancelled.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return state.end;
}

}  // namespace davit::supervisor
