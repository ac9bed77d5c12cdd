#include "server/scaling/autoscale_loop.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "store/database.hpp"

namespace davit::scaling {
namespace {

using supervisor::AutoscaleRules;

// Half a minute: long enough that one slow request is not 95 of 100, short enough to be the
// present.
constexpr std::size_t window_steps = 2;
constexpr auto look_interval = std::chrono::milliseconds(10'000);

AutoscaleRules rules_of(const store::AutoscaleEntry& entry) {
  AutoscaleRules rules;
  rules.min = entry.min;
  rules.max = entry.max;
  rules.measure = entry.measure == "queue" ? AutoscaleRules::Measure::p95_queue
                                           : AutoscaleRules::Measure::p95_response;
  rules.target = std::chrono::milliseconds(entry.target_ms);
  return rules;
}

}  // namespace

supervisor::TrafficSample traffic_of(const metrics::Sample& sample,
                                     AutoscaleRules::Measure measure) {
  supervisor::TrafficSample traffic;
  Histogram times = sample.service;
  if (measure == AutoscaleRules::Measure::p95_queue) {
    // Who did not wait waited for no time.
    times = sample.queue;
    const std::uint64_t all = std::max(sample.requests(), times.count());
    times.add_bin(0, all - times.count());
  }
  traffic.requests = times.count();
  traffic.p95 = std::chrono::milliseconds(times.percentile(95).value_or(0));
  return traffic;
}

Task<> AutoscaleLoop::run() {
  asio::steady_timer timer(services_.executor);
  const auto interval = std::min<std::chrono::milliseconds>(look_interval, pace_.up_after);
  for (;;) {
    timer.expires_after(interval);
    co_await timer.async_wait(asio::use_awaitable);
    co_await look_at_all();
  }
}

Task<> AutoscaleLoop::look_at_all() {
  auto load = [](store::Stores& stores) { return stores.formations.list_autoscaled(); };
  auto entries = co_await services_.store.run(load);
  std::set<Key> wanted;
  for (const auto& entry : entries) wanted.insert({entry.app, entry.type});
  std::erase_if(scalers_, [&](const auto& scaler) { return !wanted.contains(scaler.first); });
  for (auto& entry : entries) co_await look_at(std::move(entry));
}

bool AutoscaleLoop::sleeps(const AppId& app) const {
  const auto dynos = services_.supervisor.dynos(app);
  return std::ranges::any_of(dynos, [](const supervisor::DynoView& dyno) {
    return dyno.state == supervisor::DynoState::idle;
  });
}

Task<> AutoscaleLoop::look_at(store::FormationEntry entry) {
  const auto rules = rules_of(entry.autoscale);
  const Key key{entry.app, entry.type};
  auto found = scalers_.find(key);
  if (found == scalers_.end() || found->second.rules() != rules) {
    found = scalers_.insert_or_assign(key, supervisor::Autoscaler(rules, pace_)).first;
  }
  if (sleeps(entry.app)) co_return;  // it takes no time of anybody's
  const auto traffic = traffic_of(services_.metrics.recent(entry.app, window_steps), rules.measure);
  auto decision = found->second.look(traffic, entry.quantity, services_.clock.steady());
  if (decision.change == 0) co_return;
  co_await apply(std::move(entry), std::move(decision));
}

Task<> AutoscaleLoop::apply(store::FormationEntry entry, supervisor::ScaleDecision decision) {
  auto write = [entry, change = decision.change](store::Stores& stores) -> Result<std::uint32_t> {
    store::Transaction transaction(stores.database);
    auto kept = stores.formations.list(entry.app);
    const auto now = std::ranges::find(kept, entry.type, &store::FormationEntry::type);
    // Its owner was faster: the next look sees what is wanted now.
    if (now == kept.end() || now->quantity != entry.quantity || now->autoscale != entry.autoscale) {
      return now == kept.end() ? 0 : now->quantity;
    }
    now->quantity = static_cast<std::uint32_t>(static_cast<std::int64_t>(now->quantity) + change);
    DAVIT_TRY(stores.formations.set(*now));
    transaction.commit();
    return now->quantity;
  };
  const auto written = co_await services_.store.run(std::move(write));
  if (!written || *written == entry.quantity) co_return;
  services_.supervisor.changed(entry.app);
  logs::Line line;
  line.app = entry.app;
  line.at = services_.clock.wall();
  line.source = logs::Source::heroku;
  line.process = "autoscaler";
  line.text = fmt::format("Scaled {} from {} to {} dynos: {}", entry.type.str(), entry.quantity,
                          *written, decision.reason);
  std::vector<logs::Line> lines;
  lines.push_back(std::move(line));
  co_await services_.logs.append(std::move(lines));
}

}  // namespace davit::scaling
