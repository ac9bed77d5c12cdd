#include "server/git/side_band.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/git/limits.hpp"
#include "server/git/report.hpp"

namespace davit::git {

SideBand::SideBand(http::Exchange& exchange, asio::any_io_executor executor, bool enabled)
    : exchange_(exchange), executor_(executor), enabled_(enabled), free_(executor) {}

Task<Result<>> SideBand::send(std::string packets) {
  while (busy_) co_await free_.wait();
  struct Release {
    SideBand& band;
    ~Release() {
      band.busy_ = false;
      band.free_.notify_all();
    }
  };
  busy_ = true;
  const Release release{*this};
  sent_ = true;
  co_return co_await exchange_.write(std::move(packets));
}

Task<> SideBand::write(std::string bytes) {
  if (!enabled_ || bytes.empty()) co_return;
  auto packets = band_packets(2, bytes);
  // A build that is cancelled still has something to say: a packet cut in two would break the
  // stream. The cancellation counts once the write is done.
  auto whole = send_whole(std::move(packets));
  co_await asio::co_spawn(
      executor_, std::move(whole),
      asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

// A client that is gone: see Push, which watches it.
Task<> SideBand::send_whole(std::string packets) { (void)co_await send(std::move(packets)); }

Task<> SideBand::keep_alive() {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer(executor_);
  while (enabled_ && !keep_alive_ended_) {
    sent_ = false;
    timer.expires_after(limits::keep_alive);
    boost::system::error_code ec;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (ec || keep_alive_ended_) co_return;
    if (sent_ || busy_) continue;
    // A packet cut in two by a cancellation would break the stream.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    std::string empty_packet("0005\x01", 5);
    co_await send(std::move(empty_packet));
    co_await asio::this_coro::reset_cancellation_state();
  }
  if (enabled_) co_return;
  asio::steady_timer never(executor_, asio::steady_timer::time_point::max());
  boost::system::error_code ec;
  co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ec));
}

Task<Result<>> SideBand::send_report(std::string report) {
  std::string packets = enabled_ ? band_packets(1, report) : std::move(report);
  if (enabled_) packets += pkt_flush;
  co_return co_await send(std::move(packets));
}

}  // namespace davit::git
