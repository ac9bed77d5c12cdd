#pragma once
#include "base/condition.hpp"
#include "base/output_sink.hpp"
#include "server/http/exchange.hpp"

namespace davit::git {

// Progress for a pusher: bytes become band-2 packets, sent at once; git shows them as "remote:"
// lines. Where the client has no side band they are dropped. io thread only; the exchange's
// response has been started and outlives this.
class SideBand final : public OutputSink {
 public:
  SideBand(http::Exchange& exchange, asio::any_io_executor executor, bool enabled);

  Task<> write(std::string bytes) override;
  // Sends an empty packet whenever nothing was sent for a while. Ends after end_keep_alive() and
  // cancellation.
  Task<> keep_alive();
  void end_keep_alive() { keep_alive_ended_ = true; }

  // The report, in band 1 or bare, and the end of the response's packets.
  Task<Result<>> send_report(std::string report);

 private:
  Task<Result<>> send(std::string packets);
  Task<> send_whole(std::string packets);

  http::Exchange& exchange_;
  asio::any_io_executor executor_;
  const bool enabled_;
  Condition free_;
  bool busy_ = false;  // one write at a time: packets must not mix
  bool sent_ = false;  // since the keep-alive last looked
  bool keep_alive_ended_ = false;
};

}  // namespace davit::git
