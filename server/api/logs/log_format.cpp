#include "server/api/logs/log_format.hpp"

namespace davit::api {

std::string format_lines(const std::vector<logs::Stored>& lines, LineForm form) {
  std::string out;
  for (const auto& line : lines) {
    if (form == LineForm::plain) {
      out += line.text + "\n";
      continue;
    }
    out += "id: " + std::to_string(line.sequence) + "\ndata: ";
    // A carriage return ends a line in this format (HTML standard, 9.2.5): without this, what an
    // app prints could end its event and forge the next.
    for (const char c : line.text) {
      if (c == '\r' || c == '\n') {
        out += "\ndata: ";
      } else {
        out += c;
      }
    }
    out += "\n\n";
  }
  return out;
}

std::string heartbeat(LineForm form) { return form == LineForm::events ? ": hb\n\n" : ""; }

}  // namespace davit::api
