#pragma once
#include <boost/asio/thread_pool.hpp>

#include "server/api/services.hpp"
#include "server/paths.hpp"

namespace davit {

// An app is born with an empty repository. io thread only.
class AppRepositories final : public api::AppLifecycle {
 public:
  AppRepositories(asio::thread_pool& workers, supervisor::Supervisor& supervisor,
                  const Paths& paths)
      : workers_(workers), supervisor_(supervisor), paths_(paths) {}
  Task<Result<>> created(store::App app) override;

 private:
  asio::thread_pool& workers_;
  supervisor::Supervisor& supervisor_;
  const Paths& paths_;
};

}  // namespace davit
