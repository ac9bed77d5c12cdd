#pragma once
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/condition.hpp"
#include "server/inspection/inventory.hpp"
#include "server/inspection/suspects.hpp"
#include "server/store_thread.hpp"

namespace davit::inspection {

// Looks at intervals, and after each dyno that ended, for dynos, processes, cgroups, mounts and
// folders that no row and nobody in davitd answers for; says what it found in the log and removes
// it. A deploy that dies halfway, a davit-dyno that is killed, an admin who deletes a socket: none
// of them leaves the host with something that only a reboot would clean up. io thread only; what
// it refers to outlives it.
class Inspector {
 public:
  struct Services {
    asio::any_io_executor executor;
    asio::thread_pool& workers;
    StoreThread& store;
    dynos::Launcher& launcher;
    const Clock& clock;
    std::function<bool(const std::string& build)> builds;  // is being built now
  };
  struct Report {
    WallTime at;                         // of the last look; 0: none yet
    std::size_t repaired = 0;            // since davitd's start
    std::vector<std::string> remaining;  // leftovers that could not be removed, and why
  };
  Inspector(Services services, Places places);
  ~Inspector();
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;

  Task<> run();  // until cancelled
  const Report& report() const { return report_; }

 private:
  Task<> look();
  Task<> repair(Finding leftover);
  Task<Result<>> end_dyno(std::string id);

  Services services_;
  const Places places_;
  Suspects suspects_;
  Report report_;
  Condition event_;
  bool event_pending_ = false;
};

}  // namespace davit::inspection
