#include "server/daemon/app_repositories.hpp"

#include "base/run_blocking.hpp"
#include "server/git/repository.hpp"

namespace davit {

Task<Result<>> AppRepositories::created(store::App app) {
  const std::string path = paths_.repository(app.id);
  auto make = [path] { return git::create_repository(path); };
  DAVIT_CO_TRY(co_await run_blocking(workers_, std::move(make)));
  // Its host is known from now on, also before the first deploy.
  supervisor_.changed(app.id);
  co_return Result<>();
}

}  // namespace davit
