#include "server/dynos/put_down.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "server/dynos/dyno_process.hpp"

namespace davit::dynos {
namespace {

constexpr auto patience = std::chrono::seconds(10);

// Reads on until the tree is dead.
Task<> drain(DynoProcess& process) {
  for (;;) {
    const auto event = co_await process.next_event();
    if (!event || std::holds_alternative<dyno::Exited>(*event)) co_return;
    if (const auto* chunk = std::get_if<OutputChunk>(&*event)) {
      const std::uint64_t end = chunk->offset + chunk->bytes.size();
      (void)co_await process.ack(end);
    }
  }
}

}  // namespace

Task<> put_down(DynoProcess& process) {
  const auto killed = co_await process.kill();
  if (!killed) co_return;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, patience);
  auto race = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, drain(process), asio::deferred), timer.async_wait(asio::deferred));
  const auto [order, failure, timed_out] =
      co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (order[0] != 0) log::warning("dyno did not die in time", {{"id", process.status().id}});
  const auto released = co_await process.release();
  if (!released) log::debug("dyno was gone already", {{"error", released.error().message}});
}

}  // namespace davit::dynos
