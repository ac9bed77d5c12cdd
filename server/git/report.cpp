#include "server/git/report.hpp"

#include "base/encoding.hpp"

namespace davit::git {

std::string report_status(const std::string& unpack_error,
                          const std::vector<RefOutcome>& outcomes) {
  const auto unpacked = unpack_error.empty() ? std::string("ok") : printable(unpack_error, 500);
  auto report = pkt_line(fmt::format("unpack {}\n", unpacked));
  for (const auto& [ref, reason] : outcomes) {
    report += reason.empty() ? pkt_line(fmt::format("ok {}\n", ref))
                             : pkt_line(fmt::format("ng {} {}\n", ref, printable(reason, 200)));
  }
  report += pkt_flush;
  return report;
}

std::string band_packets(char band, std::string_view payload) {
  constexpr std::size_t piece_max = pkt_payload_max - 1;
  std::string packets;
  while (!payload.empty()) {
    const auto piece = payload.substr(0, piece_max);
    payload.remove_prefix(piece.size());
    packets += fmt::format("{:04x}{}{}", piece.size() + 5, band, piece);
  }
  return packets;
}

}  // namespace davit::git
