#include "server/inspection/inspector.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/run_blocking.hpp"
#include "server/dynos/put_down.hpp"
#include "server/inspection/limits.hpp"

namespace davit::inspection {

Inspector::Inspector(Services services, Places places)
    : services_(std::move(services)), places_(std::move(places)), event_(services_.executor) {
  services_.launcher.held().on_let_go([this] {
    event_pending_ = true;
    event_.notify_all();
  });
}

Inspector::~Inspector() { services_.launcher.held().on_let_go(nullptr); }

Task<> Inspector::run() {
  for (;;) {
    co_await look();
    const bool soon = event_pending_ || !suspects_.empty();
    event_pending_ = false;
    SteadyTime next = services_.clock.steady() + (soon ? limits::after_event : limits::interval);
    // An event brings the next look forward. It puts none off, or a busy host would never be looked
    // at; a look that comes too early for the last event is followed by another.
    SteadyTime due_of_last{};
    for (;;) {
      const bool happened = co_await event_.wait_until(next);
      if (!happened) break;
      due_of_last = services_.clock.steady() + limits::after_event;
      next = std::min(next, due_of_last);
    }
    event_pending_ = due_of_last > next;
  }
}

Task<> Inspector::look() {
  auto load = [](store::Stores& stores) {
    std::set<std::string> ids;
    for (const auto& record : stores.dynos.list()) ids.insert(record.id.str());
    return ids;
  };
  auto inventory = [this] { return take_inventory(places_, services_.launcher); };
  auto found = co_await run_blocking(services_.workers, std::move(inventory));
  const auto rows = co_await services_.store.run(std::move(load));
  std::erase_if(found, [&](const Finding& finding) {
    return rows.contains(finding.id) || services_.launcher.held().holds(finding.id) ||
           services_.builds(finding.id);
  });
  report_.at = services_.clock.wall();
  report_.remaining.clear();
  for (auto& leftover : suspects_.judge(found, services_.clock.steady())) {
    co_await repair(std::move(leftover));
  }
}

Task<> Inspector::repair(Finding leftover) {
  Result<> outcome;
  if (leftover.kind == Kind::dyno) {
    outcome = co_await end_dyno(leftover.id);
  } else {
    auto removal = [this, leftover] { return remove(leftover, places_, services_.launcher); };
    outcome = co_await run_blocking(services_.workers, std::move(removal));
  }
  const std::string kind(to_string(leftover.kind));
  if (outcome) {
    ++report_.repaired;
    log::warning("leftover removed",
                 {{"kind", kind}, {"id", leftover.id}, {"place", leftover.place}});
    co_return;
  }
  const std::string& why = outcome.error().message;
  report_.remaining.push_back(fmt::format("{} '{}': {}", kind, leftover.place, why));
  log::error("leftover not removed",
             {{"kind", kind}, {"id", leftover.id}, {"place", leftover.place}, {"error", why}});
}

Task<Result<>> Inspector::end_dyno(std::string id) {
  auto process = co_await services_.launcher.adopt(std::move(id));
  // Gone by itself; the socket is removed.
  if (!process && process.error().code == Errc::not_found) co_return Result<>();
  if (!process) co_return std::move(process).error();
  auto subscribed = co_await (*process)->subscribe(0);
  if (subscribed) co_await dynos::put_down(**process);
  co_return subscribed;
}

}  // namespace davit::inspection
