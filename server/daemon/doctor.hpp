#pragma once
#include <functional>
#include <string>
#include <vector>

#include "server/api/services.hpp"
#include "server/paths.hpp"
#include "server/routing/router_link.hpp"
#include "server/supervisor/policy.hpp"

namespace davit {

// `davit doctor`: looks, each time anew, at what this Davit stands on. Rooms that know more add
// examinations of their own. io thread only; what it refers to outlives it.
class HostDoctor final : public api::Doctor {
 public:
  struct Services {
    asio::thread_pool& workers;
    StoreThread& store;
    routing::RouterLink& router;
    const supervisor::DynoPolicy& policy;
    const Clock& clock;
    const Paths& paths;
    std::string dyno_program;  // davit-dyno
    std::string level;  // that new dynos get: what the probe found at start, or what was asked for
  };
  explicit HostDoctor(Services services) : services_(std::move(services)) {}

  using Checks = std::vector<api::Check>;
  using Examination = std::function<Task<Checks>()>;
  void add(Examination examination) { more_.push_back(std::move(examination)); }

  Task<api::Diagnosis> examine() override;

 private:
  Task<> look_at_host(api::Diagnosis& diagnosis);
  Task<> look_at_router(api::Diagnosis& diagnosis);
  Task<> look_at_store(api::Diagnosis& diagnosis);

  Services services_;
  std::vector<Examination> more_;
};

}  // namespace davit
