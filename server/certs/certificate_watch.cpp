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

CertificateWatch::CertificateWatch(Services services, std::vector<Pair> files, Named named,
                                   Serve serve)
    : services_(services),
      files_(std::move(files)),
      named_(std::move(named)),
      serve_(std::move(serve)),
      // Before they are read: what is written in between is seen at the next look.
      fingerprint_(fingerprint_of(files_)),
      ask_(services.executor) {
  take(read_certificates(files_, {}));
}

Task<> CertificateWatch::run() {
  while (named_) {
    if (!asked_) (void)co_await ask_.wait_until(services_.clock.steady() + look_interval);
    co_await look();
  }
}

// Where nothing names any certificate a hang-up ends davitd, as it ends any program of a terminal.
Task<> CertificateWatch::on_hangup() {
  if (!named_) co_return;
  asio::signal_set hangups(services_.executor, SIGHUP);
  for (;;) {
    co_await hangups.async_wait(asio::use_awaitable);
    asked_ = true;
    ask_.notify_all();
  }
}

Task<> CertificateWatch::look() {
  const bool asked = std::exchange(asked_, false);
  if (asked) co_await read_names();
  auto job = [files = files_] { return fingerprint_of(files); };
  auto fingerprint = co_await run_blocking(services_.workers, std::move(job));
  if (!asked && fingerprint == fingerprint_) co_return;
  fingerprint_ = std::move(fingerprint);
  auto read = [files = files_, before = served_] { return read_certificates(files, before); };
  auto renewed = co_await run_blocking(services_.workers, std::move(read));
  const Entries before = entries();
  take(std::move(renewed));
  Entries now = entries();
  const bool changed = now != before;
  if (!changed && !asked) co_return;
  log::info("certificates read again", {{"changed", changed}, {"served", now.size()}});
  serve_(std::move(now));
}

// A file that does not parse leaves the names as they are: its errors are for who edits it.
Task<> CertificateWatch::read_names() {
  auto job = [&named = named_] { return named(); };
  auto files = co_await run_blocking(services_.workers, std::move(job));
  if (files) {
    files_ = std::move(*files);
  } else {
    log::error("which certificates there are was not read", {{"why", files.error().message}});
  }
}

void CertificateWatch::take(Renewed renewed) {
  for (const std::string& problem : renewed.problems) {
    log::error("certificate not taken", {{"why", problem}});
  }
  served_ = std::move(renewed.served);
}

}  // namespace davit::certs
