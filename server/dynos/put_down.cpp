#include "server/dynos/put_down.hpp"

#include "base/log.hpp"
#include "base/race.hpp"
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

Task<> put_down(DynoProcess& process, std::chrono::milliseconds grace) {
  auto ending = grace.count() > 0 ? process.stop(grace) : process.kill();
  const auto told = co_await std::move(ending);
  if (!told) co_return;
  auto drained = drain(process);
  const auto ended = co_await within(grace + patience, std::move(drained));
  if (!ended.in_time()) log::warning("dyno did not die in time", {{"id", process.status().id}});
  const auto released = co_await process.release();
  if (!released) log::debug("dyno was gone already", {{"error", released.error().message}});
}

}  // namespace davit::dynos
