#pragma once
#include <string>
#include <vector>

#include "server/git/receive_pack.hpp"

namespace davit::git {

// What became of one command. Empty reason: done.
struct RefOutcome {
  std::string ref;
  std::string reason;
};

// report-status (gitprotocol-pack(5)); unpack_error empty: "ok".
std::string report_status(const std::string& unpack_error, const std::vector<RefOutcome>& outcomes);

// payload as packets of one band (1 data, 2 progress, 3 error).
std::string band_packets(char band, std::string_view payload);

}  // namespace davit::git
