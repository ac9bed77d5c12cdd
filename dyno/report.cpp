#include "dyno/report.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace davit::dyno {
namespace {

struct Record {
  ReportKind kind;
  std::int32_t code;
  std::int32_t signal;
  char text[1000];
};
static_assert(sizeof(Record) <= PIPE_BUF, "a record is written in one piece");

}  // namespace

void send_report(int fd, const Report& report) {
  Record record{};
  record.kind = report.kind;
  record.code = report.code;
  record.signal = report.signal;
  std::memcpy(record.text, report.text.data(),
              std::min(report.text.size(), sizeof record.text - 1));
  while (::write(fd, &record, sizeof record) < 0 && errno == EINTR) {
  }
}

std::optional<Report> receive_report(int fd, bool& ended) {
  Record record{};
  ssize_t count = 0;
  do {
    count = ::read(fd, &record, sizeof record);
  } while (count < 0 && errno == EINTR);
  ended = count == 0;
  if (count != static_cast<ssize_t>(sizeof record)) return std::nullopt;
  record.text[sizeof record.text - 1] = '\0';
  return Report{record.kind, record.code, record.signal, record.text};
}

}  // namespace davit::dyno
