#include "server/daemon/doctor.hpp"

#include <unistd.h>

#include "base/run_blocking.hpp"
#include "server/daemon/host_checks.hpp"
#include "server/dynos/probe.hpp"
#include "store/database.hpp"

namespace davit {
namespace {

constexpr auto router_patience = std::chrono::seconds(3);

struct HostReport {
  Result<dynos::HostLevel> level;
  std::vector<api::Check> checks;
};

api::Check judge_level(const std::string& used, const Result<dynos::HostLevel>& probed) {
  if (!probed) {
    return {"isolation", false, probed.error().message,
            "see davitd's log; is davit-dyno installed?"};
  }
  const std::string best(to_string(probed->level));
  if (used > best) {
    return {"isolation", false,
            fmt::format("dynos run at level {}, the host can do {}", used, best),
            "restart davitd, without --level"};
  }
  const bool best_there_is = used == "A" || (used == "B" && ::geteuid() != 0);
  if (best_there_is) return {"isolation", true, fmt::format("level {}", used), {}};
  return {"isolation", false, fmt::format("level {}", used),
          "see what is missing below; docs/security.md says what each level isolates"};
}

}  // namespace

Task<api::Diagnosis> HostDoctor::examine() {
  api::Diagnosis diagnosis;
  diagnosis.level = services_.level;
  co_await look_at_host(diagnosis);
  co_await look_at_router(diagnosis);
  co_await look_at_store(diagnosis);
  for (const Examination& examination : more_) {
    auto checks = co_await examination();
    std::move(checks.begin(), checks.end(), std::back_inserter(diagnosis.checks));
  }
  co_return diagnosis;
}

Task<> HostDoctor::look_at_host(api::Diagnosis& diagnosis) {
  auto look = [this] {
    HostReport report{dynos::probe_host(services_.dyno_program), {}};
    report.checks.push_back(judge_level(services_.level, report.level));
    report.checks.push_back(check_disk(services_.paths));
    report.checks.push_back(check_secrets(services_.paths));
    report.checks.push_back(check_program("/usr/bin/git", "nobody can clone or fetch"));
    report.checks.push_back(check_program("/bin/bash", "no dyno can start"));
    return report;
  };
  auto report = co_await run_blocking(services_.workers, std::move(look));
  if (report.level) diagnosis.missing = std::move(report.level->missing);
  diagnosis.checks = std::move(report.checks);
}

Task<> HostDoctor::look_at_router(api::Diagnosis& diagnosis) {
  const auto applied =
      co_await services_.router.applied(services_.clock.steady() + router_patience);
  api::Check check{"router", applied.has_value(), "serves by the newest route table", {}};
  if (!applied) {
    check.detail = applied.error().message;
    check.fix = "see davitd's log for the router's last words; restart davit-router";
  }
  diagnosis.checks.push_back(std::move(check));
}

Task<> HostDoctor::look_at_store(api::Diagnosis& diagnosis) {
  struct Found {
    std::string fault;
    std::uint64_t promised = 0;
  };
  auto look = [&sizes = services_.policy.sizes](store::Stores& stores) {
    Found found{stores.database.first_fault(), 0};
    for (const auto& app : stores.apps.list()) {
      for (const auto& entry : stores.formations.list(app.id)) {
        found.promised += entry.quantity * sizes.or_standard(entry.size).memory_bytes;
      }
    }
    return found;
  };
  const auto found = co_await services_.store.run(std::move(look));
  api::Check database{"database", found.fault.empty(), "is sound", {}};
  if (!database.ok) {
    database.detail = found.fault;
    database.fix = "stop davitd and put back a backup of davit.db";
  }
  diagnosis.checks.push_back(std::move(database));
  diagnosis.checks.push_back(judge_memory(found.promised, supervisor::machine_memory()));
}

}  // namespace davit
