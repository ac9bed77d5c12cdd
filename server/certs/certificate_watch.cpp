#include "server/certs/certificate_watch.hpp"

#include <signal.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/run_blocking.hpp"

namespace davit::certs {
namespace {

// Who renews them does it days before they expire.
constexpr auto look_interval = std::chrono::minutes(1);

}  // namespace

CertificateWatch::CertificateWatch(Services services, std::vector<Pair> files, Entries served,
                                   Serve serve)
    : services_(services),
      files_(std::move(files)),
      served_(std::move(served)),
      serve_(std::move(serve)),
      fingerprint_(fingerprint_of(files_)),
      ask_(services.executor) {}

Task<> CertificateWatch::run() {
  while (!files_.empty()) {
    if (!asked_) (void)co_await ask_.wait_until(services_.clock.steady() + look_interval);
    co_await look();
  }
}

// Without certificates a hang-up ends davitd, as it ends any program of a terminal.
Task<> CertificateWatch::on_hangup() {
  if (files_.empty()) co_return;
  asio::signal_set hangups(services_.executor, SIGHUP);
  for (;;) {
    co_await hangups.async_wait(asio::use_awaitable);
    asked_ = true;
    ask_.notify_all();
  }
}

Task<> CertificateWatch::look() {
  const bool asked = std::exchange(asked_, false);
  auto job = [this] { return fingerprint_of(files_); };
  auto fingerprint = co_await run_blocking(services_.workers, std::move(job));
  if (!asked && fingerprint == fingerprint_) co_return;
  fingerprint_ = std::move(fingerprint);
  auto read = [this] { return renew_certificates(files_, served_); };
  auto renewed = co_await run_blocking(services_.workers, std::move(read));
  for (const std::string& problem : renewed.problems) {
    log::error("certificate not taken", {{"why", problem}});
  }
  const bool changed = renewed.entries != served_;
  if (!changed && !asked) co_return;
  log::info("certificates read again", {{"changed", changed}});
  served_ = renewed.entries;
  serve_(std::move(renewed.entries));
}

}  // namespace davit::certs
