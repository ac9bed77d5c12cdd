#pragma once
#include <string>
#include <variant>
#include <vector>

#include "base/frame.hpp"
#include "base/result.hpp"
#include "router/protocol/certificates.hpp"
#include "router/protocol/metrics.hpp"
#include "router/protocol/table_change.hpp"

// The router's control socket (<run>/router.sock, mode 0600): JSON frames of base/frame.hpp. davitd
// connects; a newer connection replaces an older one. The router speaks first (Hello). Without
// davitd it serves on with its last table.
namespace davit::router {

// router -> davitd, or -> the router that takes its place
struct Hello {
  int version = 0;  // protocol
  int pid = 0;
  std::uint64_t table_version = 0;         // 0: none yet
  std::uint64_t certificates_version = 0;  // of the set it serves with; 0: none
  std::vector<std::string> listening;      // "http 0.0.0.0:8080", "https 0.0.0.0:8443"
  std::vector<std::string> draining;  // dynos out of the table that still have requests in flight
};
struct Applied {
  std::uint64_t table_version = 0;  // no new request goes to a dyno that is not in it
};
struct Drained {
  std::string dyno;  // out of the table, and its last request has ended
};
// Access log lines, in order. Kept (bounded) until acknowledged, so davitd's death loses none that
// fit.
struct LogLine {
  std::uint64_t sequence = 0;
  std::string app;
  std::int64_t at_micros = 0;  // wall clock, since 1970
  std::string text;            // the vendor's router line, from "at=" on
  // Of a line that a router's predecessor wrote: its own stream (see stream_name) and sequence
  // there.
  std::string origin;
  std::uint64_t origin_sequence = 0;
  // What davitd counts; 0 and -1 from an older router.
  int status = 0;
  std::int64_t service_ms = -1;  // of the dyno's answer; -1: none, or a WebSocket's whole life
  std::int64_t queue_ms = -1;    // waited for a dyno; -1: did not have to
};
struct LogBatch {
  std::uint64_t dropped = 0;  // lines lost since the last batch
  std::vector<LogLine> lines;
};
// The app has had no request in flight for its AppRoute::quiet_after, and has none now. Told again
// within a minute, and at once to a new davitd.
struct Quiet {
  std::string app;
};
// A request waits for an app that sleeps: wake it. Once a table; told again to a new davitd.
struct Wanted {
  std::string app;
};
// New handshakes are served by these. `problems`: what was left out, one sentence each.
struct CertificatesApplied {
  std::uint64_t version = 0;
  std::vector<std::string> problems;
};
// A ChangeTable began with another version than the router has: it needs the whole table.
struct NeedTable {
  std::uint64_t table_version = 0;  // that it has
};
using Event = std::variant<Hello, Applied, Drained, LogBatch, Quiet, Wanted, NeedTable, Metrics,
                           CertificatesApplied>;

// davitd -> router
struct SetTable {
  RouteTable table;
  // The protocol of who sends this: events that an older one would not know are not sent to it.
  int speaks = 0;
};
// In place of a SetTable, which must have come before on this connection. Answered by Applied{to}
// or NeedTable; since changes_version.
struct ChangeTable {
  TableChange change;
};
struct AckLog {
  std::uint64_t sequence = 0;  // lines up to here are stored
};
struct Shutdown {};  // stop accepting, finish what runs (bounded), end
// From a new router, which listens at heir_socket(): pass your listening sockets on to it, finish
// what runs by the tables that it sends, end.
struct HandOver {};
// In place of all before. From Hello::version certificates_version on.
struct SetCertificates {
  CertificateSet set;
  // The set's next certificates follow in another message with its version; it counts with the
  // last. From certificate_parts_version on.
  bool more = false;
};
// A set in messages whose frames have `bytes_max` bytes at most; a certificate that is larger has
// one for itself.
std::vector<SetCertificates> in_parts(const CertificateSet& set, std::size_t bytes_max);
using Command = std::variant<SetTable, ChangeTable, AckLog, Shutdown, HandOver, SetCertificates>;

// Names the log lines of one router process, for good.
std::string stream_name(int pid);
// Where a router's successor takes its sockets (router/handover.hpp).
std::string heir_socket(const std::string& control_socket);

std::string encode(const Event& event);
std::string encode(const Command& command);
Result<Event> decode_event(Frame frame);
Result<Command> decode_command(Frame frame);

}  // namespace davit::router
