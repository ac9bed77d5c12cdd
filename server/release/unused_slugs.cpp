#include "server/release/unused_slugs.hpp"

#include <set>

#include "base/run_blocking.hpp"

namespace davit::release {

Task<> collect_slugs(ReleaseServices services, AppId app, std::size_t keep) {
  auto list = [app, keep](store::Stores& stores) { return stores.slugs.unused(app, keep); };
  const auto unused = co_await services.store.run(std::move(list));
  for (const SlugId& id : unused) {
    // The row first: a release must never name a slug that is half gone.
    auto forget = [id](store::Stores& stores) { return stores.slugs.remove(id); };
    const auto forgotten = co_await services.store.run(std::move(forget));
    if (!forgotten) continue;
    auto remove = [&builder = services.builder, id] { return builder.remove_slug(id); };
    (void)co_await run_blocking(services.workers, std::move(remove));
  }
  auto in_use = [](store::Stores& stores) { return stores.releases.stored_runtimes(); };
  const auto names = co_await services.store.run(std::move(in_use));
  std::set<runtimes::RuntimeName> referenced(names.begin(), names.end());
  co_await services.runtimes.sweep(std::move(referenced));
}

}  // namespace davit::release
