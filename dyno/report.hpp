#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::dyno {

// What the init process tells davit-dyno through a pipe. One record is one atomic write (PIPE_BUF).
enum class ReportKind : std::uint8_t {
  note = 1,  // something was done in a lesser way; text says what
  started,   // the command runs
  failed,  // the sandbox or the command could not be started; text says why, code as a shell would
  exited,  // the command ended: code, signal
};

struct Report {
  ReportKind kind = ReportKind::note;
  int code = 0;
  int signal = 0;
  std::string text;
};

void send_report(int fd, const Report& report);
// nullopt: nothing now (a non-blocking descriptor) or end of stream, which `ended` tells.
std::optional<Report> receive_report(int fd, bool& ended);

}  // namespace davit::dyno
