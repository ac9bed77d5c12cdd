#include "server/supervisor/health_check.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace davit::supervisor {
namespace {

constexpr int good_first = 200, good_last = 399;

// Empty: a good answer.
std::string fault_of(const Result<int>& answer, const std::string& path) {
  if (!answer) return answer.error().message;
  if (*answer >= good_first && *answer <= good_last) return {};
  return fmt::format("GET {} answered {}", path, *answer);
}

}  // namespace

Task<Result<>> run_health_check(HealthServices services, CheckKind kind, HttpCheck check,
                                ProbeRequest target) {
  target.path = check.path;
  target.headers = check.headers;
  target.timeout = check.timeout;
  const char* name = kind == CheckKind::start ? "Start check" : "Liveness check";
  HealthMonitor monitor(kind, check, services.clock.steady());
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_at(monitor.due());
    co_await timer.async_wait(asio::use_awaitable);
    const auto paused = [&] { return services.paused && services.paused(); };
    if (paused()) {
      monitor.answered(true, services.clock.steady());
      continue;
    }
    ProbeRequest request = target;
    const auto answer = co_await services.prober.get(std::move(request));
    if (paused()) {  // it was frozen over our question
      monitor.answered(true, services.clock.steady());
      continue;
    }
    const std::string fault = fault_of(answer, check.path);
    const auto verdict = monitor.answered(fault.empty(), services.clock.steady());
    if (verdict == HealthMonitor::Verdict::passed) co_return Result<>();
    if (!fault.empty()) {
      std::string line =
          fmt::format("{}: {} (attempt {} of {})", name, fault, monitor.failures(), check.attempts);
      co_await services.say(std::move(line));
    }
    if (verdict == HealthMonitor::Verdict::failed) {
      co_return fail(Errc::unavailable, "{}{}", fault,
                     check.attempts > 1 ? fmt::format(" ({} times in a row)", check.attempts) : "");
    }
  }
}

}  // namespace davit::supervisor
