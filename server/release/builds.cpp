#include "server/release/builds.hpp"

#include <boost/asio/thread_pool.hpp>

#include "base/run_blocking.hpp"

namespace davit::release {

Task<Result<>> BuildsImpl::purge_cache(AppId app) {
  auto job = [&builder = builder_, app] { return builder.remove_cache(app); };
  co_return co_await run_blocking(workers_, std::move(job));
}

}  // namespace davit::release
